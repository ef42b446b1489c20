// The settings of HTTP itself.
#include "server/setting_rows.h"

namespace belfry::server {

std::vector<Setting> http_settings() {  // NOLINT(readability-function-size): a table
  using C = Config;
  return {
      {.section = "http",
       .key = "serve_client",
       .field = at<&C::http, &HttpSettings::serve_client>,
       .doc = "Serves the stock client's bundles at `/socket.io/socket.io.js` and its like, as socket.io on "
              "Node does. The demo pages of `dev` load it from there."},
      {.section = "http",
       .key = "header_timeout_ms",
       .field = at<&C::http, &HttpSettings::header_timeout_ms>,
       .doc = "Time for a request's head to arrive, after which it is answered 408.",
       .min = 1,
       .max = kDayMs},
      {.section = "http",
       .key = "request_timeout_ms",
       .field = at<&C::http, &HttpSettings::request_timeout_ms>,
       .doc =
           "Time for a request's body to arrive, from the end of its head, after which it is answered 408.",
       .min = 1,
       .max = kDayMs},
      {.section = "http",
       .key = "min_body_bytes_per_s",
       .field = at<&C::http, &HttpSettings::min_body_bytes_per_s>,
       .doc = "Bytes a second, on average since the end of the head, below which a body is answered 408; 0: "
              "no bound.",
       .max = 1LL << 30},
      {.section = "http",
       .key = "body_grace_ms",
       .field = at<&C::http, &HttpSettings::body_grace_ms>,
       .doc = "How long a body may be slower than `min_body_bytes_per_s`.",
       .min = 1,
       .max = kDayMs},
      {.section = "http",
       .key = "keep_alive_timeout_ms",
       .field = at<&C::http, &HttpSettings::keep_alive_timeout_ms>,
       .doc = "Time between two requests of one connection, after which it is closed. Longer than that of a "
              "proxy in front.",
       .min = 1,
       .max = kDayMs},
      {.section = "http",
       .key = "max_header_bytes",
       .field = at<&C::http, &HttpSettings::max_header_bytes>,
       .doc = "Largest head of a request; past it 431.",
       .min = 256,
       .max = 1LL << 20},
      {.section = "http",
       .key = "max_pipelined_bytes",
       .field = at<&C::http, &HttpSettings::max_pipelined_bytes>,
       .doc = "What may wait behind a request of the same connection that is being answered; past it the "
              "connection is cut.",
       .max = 1LL << 30},
      {.section = "http",
       .key = "cookie",
       .field = at<&C::http, &HttpSettings::cookie>,
       .doc = "Name of a cookie with the connection's id that every handshake sets, for load balancers that "
              "keep a client with one server, such as `io`; empty: none is set."},
      {.section = "http",
       .key = "cookie_path",
       .field = at<&C::http, &HttpSettings::cookie_path>,
       .doc = "Path of that cookie."},
      {.section = "http",
       .key = "cookie_same_site",
       .field = at<&C::http, &HttpSettings::cookie_same_site>,
       .doc = "Whether browsers send that cookie along from pages of other sites; `none` needs "
              "`cookie_secure`.",
       .choices = {"lax", "strict", "none"}},
      {.section = "http",
       .key = "cookie_secure",
       .field = at<&C::http, &HttpSettings::cookie_secure>,
       .doc = "Whether browsers send that cookie over HTTPS only."},
      {.section = "http",
       .key = "cookie_max_age_s",
       .field = at<&C::http, &HttpSettings::cookie_max_age_s>,
       .doc = "Seconds that browsers keep that cookie; 0: until they end."},
  };
}

}  // namespace belfry::server
