// Paths of static files: nothing outside of the folder is ever served.
#include "http/static_files.h"

#include <fstream>

#include "fuzz/fuzz.h"
#include "http/query.h"

namespace belfry {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kSecret = "not for you";

/// A folder with something to serve, and things beside it and in it that are not to be served. Made once.
const http::StaticFiles& files() {
  static const http::StaticFiles served = [] {
    std::string base = (fs::temp_directory_path() / "belfry_fuzz_XXXXXX").string();
    fuzz::check(mkdtemp(base.data()) != nullptr, "there is room for a folder");
    static const struct Gone {
      fs::path base;
      ~Gone() { fs::remove_all(base); }
    } gone{base};
    const fs::path root = fs::path(base) / "root";
    fs::create_directories(root / "a/b");
    const auto write = [](const fs::path& file, std::string_view text) { std::ofstream(file) << text; };
    write(fs::path(base) / "s", kSecret);
    write(root / ".s", kSecret);
    write(root / "index.html", "index");
    write(root / "a/index.html", "index of a");
    write(root / "a/b/c", "c");
    fs::create_symlink(fs::path(base) / "s", root / "l");
    fs::create_directory_symlink(base, root / "d");
    return http::StaticFiles(root);
  }();
  return served;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  http::Request request{.method = input.ConsumeBool() ? "GET" : "HEAD"};
  if (input.ConsumeBool()) request.headers.add("if-none-match", input.ConsumeRandomLengthString(64));
  if (input.ConsumeBool()) request.headers.add("range", input.ConsumeRandomLengthString(64));
  request.target = "/" + input.ConsumeRemainingBytesAsString();
  const std::string path = http::percent_decode(request.path().substr(1));
  const http::Response answer = files().serve(request, path);
  fuzz::check(answer.body.find(kSecret) == answer.body.npos, "secrets are not served");
  fuzz::check(answer.status == 200 || answer.status == 304 || answer.status == 308 || answer.status == 404,
              "the answer is one of those that are documented");
  for (const auto& header : answer.headers) {
    fuzz::check(header.value.find_first_of("\r\n") == header.value.npos, "a header is one line");
  }
  return 0;
}
