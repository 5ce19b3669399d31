# Every target is one call; the work is in sandbox/. `make help` lists them.
.PHONY: help up prepare down env status test unit lint judge audit rehearse-prod drill preview dashboards pictures recover restore bench docs lock policies

help:    ; @python3 -m sandbox --help
up:      ; @python3 -m sandbox up
prepare: ; @python3 -m sandbox prepare
down:    ; @python3 -m sandbox down
env:     ; @python3 -m sandbox env
status:  ; @python3 -m sandbox status
test:    ; @python3 -m sandbox test
unit:    ; @python3 -m sandbox unit
lint:    ; @python3 -m sandbox lint
judge:   ; @python3 -m sandbox judge
audit:   ; @python3 -m sandbox audit
rehearse-prod: ; @python3 -m sandbox rehearse-prod
drill:   ; @python3 -m sandbox drill
preview: ; @python3 -m sandbox preview
dashboards: ; @python3 -m sandbox dashboards
pictures: ; @python3 -m sandbox pictures
recover: ; @python3 -m sandbox.recovery
restore: ; @python3 -m sandbox.restoration $(if $(IDENTITY),--identity=$(IDENTITY)) $(if $(BACKUP),--backup=$(BACKUP)) $(if $(MOMENT),--moment=$(MOMENT)) $(if $(NAMESPACE),--namespace=$(NAMESPACE))
bench:   ; @python3 -m sandbox bench
docs:    ; @python3 -m sandbox docs
lock:    ; @python3 -m sandbox lock
policies: ; @pulumi preview --stack $(or $(STACK),prod) --json --show-sames | python3 -m policies --stack $(or $(STACK),prod)
