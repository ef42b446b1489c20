// The program `belfry`.
#include "server/program.h"

int main(int argc, char** argv) {
  return belfry::server::run_program(argc, argv);
}
