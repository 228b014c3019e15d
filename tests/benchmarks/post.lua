-- Posts the body in BENCH_BODY; where it holds @@@@@@@@ and BENCH_FRESH is set, a number that no
-- other request has is put there, so that no two bodies are equal.
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
local body = file:read("*a")
file:close()
local fresh = os.getenv("BENCH_FRESH") ~= nil
local from, to = body:find("@@@@@@@@", 1, true)
local before, after = body:sub(1, from - 1), body:sub(to + 1)
local number = os.time() % 1000000 * 100

wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer sk-benchmark"

request = function()
  if fresh then number = number + 1 end
  return wrk.format(nil, nil, nil, before .. string.format("%08d", number % 100000000) .. after)
end

done = function(summary, latency, requests)
  io.stderr:write(string.format("RESULT %f %d %d\n",
    summary.requests / (summary.duration / 1e6),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(99)))
end
