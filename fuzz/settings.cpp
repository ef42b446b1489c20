// Configuration: TOML, `.env` and the environment. What is refused says why; what is taken is within its
// bounds.
#include "server/settings.h"

#include "fuzz/fuzz.h"
#include "server/dotenv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  // Mostly one source alone, as variables take the longest by far.
  const int which = input.ConsumeIntegralInRange(0, 7);
  const std::string value = which <= 1 ? input.ConsumeRandomLengthString() : "";
  const std::string dotenv = which == 0 || which == 2 ? input.ConsumeRandomLengthString() : "";
  const std::string toml = input.ConsumeRemainingBytesAsString();
  server::Sources sources;
  sources.toml = {{.name = "belfry.toml", .text = toml}};
  sources.dotenv = {.name = ".env", .text = dotenv};
  const auto all = server::settings();
  const auto& setting = all[(value.size() + size) % all.size()];
  if (!value.empty()) sources.environment[setting.variable()] = value;
  const auto loaded = server::load_config(sources);
  if (!loaded) {
    fuzz::check(!loaded.error().message.empty(), "a refusal says why");
  } else {
    fuzz::check(!server::value_text(setting, *loaded).empty(), "every setting has a value");
  }
  if (const auto lines = server::parse_dotenv(dotenv)) {
    int before = 0;
    for (const auto& line : *lines) {
      fuzz::check(!line.name.empty() && line.line > before, "a line has a name and its place");
      before = line.line;
    }
  }
  return 0;
}
