// The program `belfry`.
#include <cstdio>
#include <exception>

#include "server/cli.h"
#include "server/commands.h"

int main(int argc, char** argv) {
  try {
    const auto line = belfry::server::parse_command_line(argc, argv);
    if (line) return belfry::server::run_command(*line);
    std::fputs(line.error().text.c_str(), line.error().code == 0 ? stdout : stderr);
    return line.error().code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "belfry: %s\n", error.what());
    return 1;
  }
}
