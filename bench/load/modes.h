#pragma once

#include "options.h"
#include "report.h"

namespace bench {

/// Clients connect and then do nothing: connections a second, CPU time and resident memory for each.
Outcome run_connect(const Options& options);
/// Messages from a publisher to a room of subscribers, evenly paced or as fast as they arrive.
Outcome run_fanout(const Options& options);
/// Events with acknowledgement, some open at a time for each client.
Outcome run_echo(const Options& options);
/// Users of app `health` who talk in visits of four: evenly paced, or as fast as they are acknowledged.
Outcome run_chat(const Options& options);

}  // namespace bench
