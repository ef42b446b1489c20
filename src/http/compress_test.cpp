#include "http/compress.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace belfry::http {
namespace {

/// Inflates the gzip or zlib format, and nothing else.
std::string inflate_all(const std::string& bytes, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, window_bits), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

TEST(Compress, InflatesAgain) {
  for (const auto& body : {std::string(), std::string("x"), std::string(100000, 'x'), noise(100000)}) {
    const auto gzip = compress(body, Encoding::gzip);
    const auto zlib = compress(body, Encoding::deflate);
    ASSERT_TRUE(gzip && zlib);
    EXPECT_EQ(inflate_all(*gzip, MAX_WBITS + 16), body);
    EXPECT_EQ(inflate_all(*zlib, MAX_WBITS), body);
  }
}

TEST(Compress, ChoosesByWeight) {
  const struct {
    std::string_view header;
    std::optional<Encoding> expected;
  } cases[] = {{"", std::nullopt},
               {"br, identity", std::nullopt},
               {"gzip, deflate, br", Encoding::gzip},
               {"deflate", Encoding::deflate},
               {"deflate, GZIP", Encoding::gzip},
               {"gzip;q=0.5, deflate;q=0.8", Encoding::deflate},
               {"gzip ; x=1 ; Q=0.5, deflate;q=0.4", Encoding::gzip},
               {"gzip;q=0", std::nullopt},
               {"gzip;q=0.000, *", Encoding::deflate},
               {"*;q=0.1", Encoding::gzip},
               {"*;q=0", std::nullopt},
               {"gzip;q=", std::nullopt},
               {"gzip;q=2", std::nullopt},
               {"gzip;q=nan", std::nullopt},
               {"gzip;q=0.5x", std::nullopt},
               {",,;q=1,", std::nullopt}};
  for (const auto& [header, expected] : cases) EXPECT_EQ(choose_encoding(header), expected) << header;
}

TEST(Compress, CompressesWhatIsWorthIt) {
  Response response{.body = std::string(1024, 'x')};
  compress_body(response, "gzip");
  EXPECT_EQ(response.find("content-encoding"), "gzip");
  EXPECT_EQ(response.find("vary"), "Accept-Encoding");
  EXPECT_EQ(inflate_all(response.body, MAX_WBITS + 16), std::string(1024, 'x'));

  const std::string compressed = response.body + std::string(2000, 'y');
  response.body = compressed;
  compress_body(response, "gzip");
  EXPECT_EQ(response.body, compressed) << "encoded already";

  for (const auto& body : {std::string(1023, 'x'), noise(5000)}) {
    Response small{.body = body};
    compress_body(small, "gzip");
    EXPECT_EQ(small.body, body);
    EXPECT_EQ(small.find("content-encoding"), "");
  }
  Response refused{.body = std::string(2000, 'x')};
  compress_body(refused, "gzip;q=0");
  EXPECT_EQ(refused.body.size(), 2000u);
  EXPECT_EQ(refused.find("vary"), "Accept-Encoding");
}

}  // namespace
}  // namespace belfry::http
