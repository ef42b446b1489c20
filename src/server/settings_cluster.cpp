// The settings of a server that is one of several.
#include "server/setting_rows.h"

namespace belfry::server {

std::vector<Setting> cluster_settings() {
  using C = Config;
  return {
      {.section = "cluster",
       .key = "node",
       .field = at<&C::cluster, &ClusterSettings::node>,
       .doc = "Tag of this node, of its own among all: 1 to 16 letters, digits, `_` and `-`. The ids of its "
              "sessions end in it, so that load balancers and the other nodes know whose a poll is; empty: "
              "with Redis chance, another at each start, else there is none."},
      {.section = "cluster",
       .key = "listen",
       .field = at<&C::cluster, &ClusterSettings::listen>,
       .doc = "Where the other nodes bring what has reached them by mistake, such as `10.0.0.11:8081`: plain "
              "HTTP, for them alone; port 0: a free one. `auto`: with Redis the address from which that is "
              "reached and a free port, else nowhere. `off`: nowhere."},
      {.section = "cluster",
       .key = "peers",
       .field = at<&C::cluster, &ClusterSettings::peers>,
       .doc = "Where nodes listen that do not share a Redis with this one, which say so there: "
              "`b=10.0.0.12:8081`, a tag and their `listen` each."},
      {.section = "cluster",
       .key = "secret",
       .field = at<&C::cluster, &ClusterSettings::secret>,
       .doc = "What all nodes know and nobody else, at least 16 bytes: signs what they forward; empty: the "
              "secret of the tokens does.",
       .secret = true},
      {.section = "cluster",
       .key = "connect_timeout_ms",
       .field = at<&C::cluster, &ClusterSettings::connect_timeout_ms>,
       .doc = "Time to reach another node, after which a client is answered 502.",
       .min = 1,
       .max = kDayMs},
      {.section = "cluster",
       .key = "forwards_max",
       .field = at<&C::cluster, &ClusterSettings::forwards_max>,
       .doc = "Polls and WebSockets of other nodes at once, per thread, past which clients are answered 503.",
       .min = 1},
  };
}

}  // namespace belfry::server
