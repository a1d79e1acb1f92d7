-- wrk's script: each thread has one connection, posts one recording after another, and writes down
-- what came of each request. Arguments: the folder of bodies, the file to write, `patient` or
-- `pushing` (whether a refused client waits as Retry-After says), the path, the boundary.

local ffi = require("ffi")
ffi.cdef[[
typedef struct { long sec; long nsec; } kolvani_time;
int clock_gettime(int clock, kolvani_time *now);
]]
local CLOCK_MONOTONIC = 1
local now_is = ffi.new("kolvani_time")

local function now()
  ffi.C.clock_gettime(CLOCK_MONOTONIC, now_is)
  return tonumber(now_is.sec) + tonumber(now_is.nsec) / 1e9
end

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  local folder, path, boundary = arguments[1], arguments[4], arguments[5]
  target, patient = arguments[2], arguments[3] == "patient"
  local headers = { ["Content-Type"] = "multipart/form-data; boundary=" .. boundary }
  requests, clip, wait_ms, lines = {}, number, 0, {}
  local index = 0
  while true do
    local file = io.open(folder .. "/" .. index .. ".body", "rb")
    if not file then break end
    requests[index] = wrk.format("POST", path, headers, file:read("*a"))
    file:close()
    index = index + 1
  end
  count = index
  collectgarbage()
end

function delay()
  local due = wait_ms
  wait_ms = 0
  return due
end

function request()
  clip = (clip + 1) % count
  began = now()
  return requests[clip]
end

function response(status, headers)
  local ended = now()
  table.insert(lines, string.format("%d %d %.6f %.6f", status, clip, began, ended))
  if status == 503 then
    local told = headers["retry-after"] or headers["Retry-After"]
    if not told then table.insert(lines, "no Retry-After") end
    if patient and told then wait_ms = tonumber(told) * 1000 end
  end
  said = table.concat(lines, "\n")
  if #lines > 100 then -- one string, as joining them again and again would take longer and longer
    chunks = (chunks or "") .. said .. "\n"
    lines, said = {}, ""
  end
end

function done(summary)
  local file = io.open(threads[1]:get("target"), "w")
  for _, thread in ipairs(threads) do
    file:write(thread:get("chunks") or "", thread:get("said") or "", "\n")
  end
  local failed = summary.errors
  file:write(string.format("errors connect %d read %d write %d timeout %d\n",
    failed.connect, failed.read, failed.write, failed.timeout))
  file:close()
end
