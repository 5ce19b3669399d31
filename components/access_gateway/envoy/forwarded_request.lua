-- The last step before MLflow: takes the session cookie away, and notes for the access log that the request passed.

function envoy_on_request(handle)
  local session = handle:metadata():get("session_cookie")
  if session == nil then
    return -- a route that answers by itself
  end
  handle:streamInfo():dynamicMetadata():set("gateway", "verdict", "allowed")

  local headers = handle:headers()
  local kept = {}
  for index = 0, headers:getNumValues("cookie") - 1 do
    for pair in string.gmatch(headers:getAtIndex("cookie", index), "[^;]+") do
      local cookie = string.match(pair, "^%s*(.-)%s*$")
      local name = string.match(cookie, "^([^=]-)%s*=") or cookie
      if name ~= session and cookie ~= "" then
        table.insert(kept, cookie)
      end
    end
  end
  headers:remove("cookie")
  if #kept > 0 then
    headers:add("cookie", table.concat(kept, "; "))
  end
end
