// CoreDNS with only the plugins that the sandbox's Corefile uses: the stock
// binary links every cloud provider's SDK and takes twenty times as long to build.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
)

func init() {
	dnsserver.Directives = []string{
		"errors", "health", "ready", "cache", "hosts", "kubernetes",
	}
}

func main() { coremain.Run() }
