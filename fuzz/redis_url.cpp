// The URL of a Redis deployment.
#include "belfry/redis.h"
#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  const std::string_view url = fuzz::text_of(data, size);
  const auto options = parse_redis_url(url);
  if (!options) {
    fuzz::check(options.error().kind == ErrorKind::invalid && !options.error().field.empty(),
                "a refusal names the part");
    fuzz::check(options.error().message.size() < 100, "and shows none of it");
    return 0;
  }
  fuzz::check(!options->addresses.empty(), "it is somewhere");
  fuzz::check(options->kind != RedisKind::server || options->addresses.size() == 1,
              "a server is at one place");
  fuzz::check((options->kind == RedisKind::sentinel) == !options->master_name.empty(),
              "Sentinels name a master");
  fuzz::check(options->kind != RedisKind::cluster || options->database == 0, "a cluster has no databases");
  for (const RedisAddress& address : options->addresses) {
    fuzz::check(!address.host.empty(), "at a host");
    fuzz::check(address.port != 0 || address.host.front() == '/', "and a port");
  }
  return 0;
}
