#include "server/program.h"

#include <cstdio>
#include <exception>
#include <set>
#include <string>

#include "server/cli.h"
#include "server/commands.h"

namespace belfry::server {

int run_program(int argc, char** argv, const std::vector<ExtraApp>& extra) {
  std::set<std::string> names;
  for (const ExtraApp& app : extra) {
    if (is_own_app(app.name) || !names.insert(app.name).second) {
      std::fprintf(stderr, "belfry: there are two apps '%s'\n", app.name.c_str());
      return 2;
    }
  }
  try {
    const auto line = parse_command_line(argc, argv);
    if (line) return run_command(*line, extra);
    std::fputs(line.error().text.c_str(), line.error().code == 0 ? stdout : stderr);
    return line.error().code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "belfry: %s\n", error.what());
    return 1;
  }
}

}  // namespace belfry::server
