-- Makes repeated assertion headers one, as HTTP reads them: the filters behind look at single lines, and would be
-- content with one good token among several.

local name = "cf-access-jwt-assertion"

function envoy_on_request(handle)
  local headers = handle:headers()
  local count = headers:getNumValues(name)
  if count > 1 then
    local values = {}
    for index = 0, count - 1 do
      table.insert(values, headers:getAtIndex(name, index))
    end
    headers:replace(name, table.concat(values, ","))
  end
end
