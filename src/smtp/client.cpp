#include "smtp/client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/clock.h"

namespace belfry::smtp {

namespace {

constexpr std::size_t kReasonMax = 300;
// Past its time-out a mail gets so long for the end of its connection.
constexpr milliseconds kLeave{1'000};
// A server's last word, at any time.
constexpr int kClosing = 421;

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Url parse(const std::string& text) {
  Url url(curl_url(), curl_url_cleanup);
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    url.reset();
  }
  return url;
}

/// A part of a URL; empty where it has none.
std::string part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> kept(text, curl_free);
  return text;
}

/// A text as far as it can be shown anywhere.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kReasonMax));
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

/// Whether the answer to a mail means that it will never be taken. What asks us to sign in is no judgement on
/// the mail.
bool is_final(int code) {
  constexpr std::array<int, 4> kSignIn = {530, 534, 535, 538};
  return code >= 500 && code < 600 && std::ranges::find(kSignIn, code) == kSignIn.end();
}

}  // namespace

Result<void> check_url(const std::string& text) {
  if (!text.starts_with("smtp://") && !text.starts_with("smtps://")) {
    return fail(ErrorKind::invalid, "must begin with smtp:// or smtps://");
  }
  const bool good = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  const Url url = parse(text);
  if (!good || !url || part_of(url, CURLUPART_HOST).empty()) {
    return fail(ErrorKind::invalid, "is no URL such as smtp://user:password@mail.example.org:587");
  }
  return {};
}

std::string host_of(const std::string& text) {
  const Url url = parse(text);
  if (!url) return {};
  const std::string port = part_of(url, CURLUPART_PORT);
  return part_of(url, CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

bool is_loopback(const std::string& text) {
  const Url url = parse(text);
  if (!url) return false;
  const std::string host = part_of(url, CURLUPART_HOST);
  in_addr address{};
  const bool ipv4 = inet_pton(AF_INET, host.c_str(), &address) == 1;
  return host == "localhost" || host == "[::1]" || (ipv4 && host.starts_with("127."));
}

struct Client::Handle {
  CURL* curl = curl_easy_init();
  char error[CURL_ERROR_SIZE] = {};

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    // It says QUIT, and would wait for the answer of a server that may be hanging: what is read from now on
    // is the end of the connection.
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD) {
      ::shutdown(socket, SHUT_RD);
    }
    curl_easy_cleanup(curl);
  }

  template <class T>
  void set(CURLoption option, T value) const {
    curl_easy_setopt(curl, option, value);
  }
};

/// A letter on its way; what libcurl's callbacks see.
struct Client::Transfer {
  const Letter& letter;
  const std::function<bool()>& stop;
  TimePoint deadline;
  std::size_t sent = 0;
  bool stopped = false;
  std::string answer = {};  // the last line of the server's

  // Of that line; 0: there is none.
  int code() const {
    int number = 0;
    std::from_chars(answer.data(), answer.data() + answer.size(), number);
    return number;
  }
  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string& text = transfer.letter.text;
    const std::size_t bytes = std::min(size * count, text.size() - transfer.sent);
    text.copy(to, bytes, transfer.sent);
    transfer.sent += bytes;
    return bytes;
  }
  static std::size_t hear(const char* line, std::size_t size, std::size_t count, void* self) {
    std::string_view text(line, size * count);
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    // The goodbye after a refusal says nothing of it.
    if (!text.starts_with("221")) static_cast<Transfer*>(self)->answer = shown(text);
    return size * count;
  }
  static int tick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.stopped = transfer.stopped || transfer.stop();
    return transfer.stopped || TimePoint::clock::now() > transfer.deadline ? 1 : 0;
  }
};

Client::Client(ClientOptions options) : options_(std::move(options)), handle_(std::make_unique<Handle>()) {
  if (handle_->curl == nullptr) return;
  const Handle& curl = *handle_;
  constexpr std::array<long, 3> kUseSsl = {CURLUSESSL_TRY, CURLUSESSL_ALL, CURLUSESSL_NONE};
  curl.set(CURLOPT_URL, options_.url.c_str());
  curl.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl.set(CURLOPT_NOSIGNAL, 1L);
  // A name that nobody answers for is given up in time, too.
  curl.set(CURLOPT_QUICK_EXIT, 1L);
  curl.set(CURLOPT_USE_SSL, kUseSsl[static_cast<std::size_t>(options_.starttls)]);
  curl.set(CURLOPT_SSL_VERIFYPEER, options_.verify ? 1L : 0L);
  curl.set(CURLOPT_SSL_VERIFYHOST, options_.verify ? 2L : 0L);
  if (!options_.ca_file.empty()) curl.set(CURLOPT_CAINFO, options_.ca_file.c_str());
  curl.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  curl.set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl.set(CURLOPT_ERRORBUFFER, handle_->error);
  curl.set(CURLOPT_UPLOAD, 1L);
  curl.set(CURLOPT_READFUNCTION, &Transfer::read);
  curl.set(CURLOPT_HEADERFUNCTION, &Transfer::hear);
  curl.set(CURLOPT_NOPROGRESS, 0L);
  curl.set(CURLOPT_XFERINFOFUNCTION, &Transfer::tick);
}

Client::~Client() = default;

Outcome Client::send(const Letter& letter, const std::function<bool()>& stop) {
  if (handle_->curl == nullptr) return {Outcome::Kind::deferred, "cannot begin"};
  Transfer transfer{letter, stop, TimePoint::clock::now() + options_.timeout + kLeave};
  const Outcome outcome = attempt(transfer);
  // A server ends connections that have been idle, perhaps with a word (421). Where the text was not even
  // begun, it is as if this had not been tried.
  long connects = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_NUM_CONNECTS, &connects);
  const bool stale = outcome.kind == Outcome::Kind::deferred && connects == 0 && transfer.sent == 0 &&
                     (transfer.answer.empty() || transfer.code() == kClosing);
  return stale ? attempt(transfer) : outcome;
}

Outcome Client::attempt(Transfer& transfer) {
  const Handle& curl = *handle_;
  handle_->error[0] = '\0';
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      curl_slist_append(nullptr, transfer.letter.to.c_str()), curl_slist_free_all);
  curl.set(CURLOPT_MAIL_FROM, transfer.letter.from.c_str());
  curl.set(CURLOPT_MAIL_RCPT, recipients.get());
  curl.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer.letter.text.size()));
  curl.set(CURLOPT_READDATA, &transfer);
  curl.set(CURLOPT_HEADERDATA, &transfer);
  curl.set(CURLOPT_XFERINFODATA, &transfer);
  const CURLcode code = curl_easy_perform(curl.curl);
  curl.set(CURLOPT_MAIL_RCPT, nullptr);
  if (code == CURLE_OK) return {.kind = Outcome::Kind::sent};
  if (code == CURLE_ABORTED_BY_CALLBACK && transfer.stopped) return {Outcome::Kind::aborted, "stopped"};
  // With this code libcurl reports that MAIL, RCPT or DATA is refused; after the text the answer is to that.
  const bool to_mail = code == CURLE_SEND_ERROR || transfer.sent == transfer.letter.text.size();
  if (transfer.code() >= 400 && code != CURLE_OPERATION_TIMEDOUT) {
    const bool final = to_mail && is_final(transfer.code());
    return {final ? Outcome::Kind::refused : Outcome::Kind::deferred, transfer.answer};
  }
  const std::string_view said = handle_->error[0] != '\0' ? handle_->error : curl_easy_strerror(code);
  return {Outcome::Kind::deferred, shown(said)};
}

}  // namespace belfry::smtp
