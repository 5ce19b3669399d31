-- Remembers the team's key set, and when it was last fetched. /refresh fetches, any other path reads.

local known = nil
local fetched_at = 0

local function refresh(handle, settings)
  local headers, body = handle:httpCall(
    settings:get("cluster"),
    {
      [":method"] = "GET",
      [":path"] = settings:get("path"),
      [":authority"] = settings:get("authority"),
      ["accept"] = "application/json",
    },
    nil,
    settings:get("timeout_milliseconds")
  )
  -- A page that says "sorry" with status 200 must not displace keys that work.
  if headers[":status"] ~= "200" or body == nil or not string.find(body, '"keys"%s*:%s*%[') then
    return false
  end
  known, fetched_at = body, os.time()
  return true
end

function envoy_on_request(handle)
  local settings = handle:metadata()
  if handle:headers():get(":path") == "/refresh" then
    local status = refresh(handle, settings) and "200" or "503"
    handle:respond({ [":status"] = status }, "")
    return
  end
  if known == nil or os.time() - fetched_at >= settings:get("max_age_seconds") then
    handle:respond({ [":status"] = "503" }, "")
    return
  end
  handle:respond({ [":status"] = "200", ["content-type"] = "application/json" }, known)
end
