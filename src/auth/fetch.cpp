#include "auth/fetch.h"

#include <curl/curl.h>

#include <memory>

namespace belfry::auth {

namespace {

struct Received {
  std::string text;
  std::size_t max_bytes = 0;
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  const std::size_t bytes = size * count;
  if (received.text.size() + bytes > received.max_bytes) return CURL_WRITEFUNC_ERROR;
  received.text.append(data, bytes);
  return bytes;
}

}  // namespace

Result<std::string> fetch_text(const std::string& url, const FetchLimits& limits) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return fail(ErrorKind::unavailable, "cannot begin a request");
  Received received{.text = {}, .max_bytes = limits.max_bytes};
  CURL* handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 3L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &received);
  const CURLcode code = curl_easy_perform(handle);
  if (code == CURLE_OPERATION_TIMEDOUT) return fail(ErrorKind::timed_out, "did not answer in time");
  if (code == CURLE_WRITE_ERROR) {
    return fail(ErrorKind::too_large, "sent more than " + std::to_string(limits.max_bytes) + " bytes");
  }
  if (code != CURLE_OK) return fail(ErrorKind::unavailable, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return fail(ErrorKind::unavailable, "answered " + std::to_string(status));
  return std::move(received.text);
}

}  // namespace belfry::auth
