#include "smtp/client.h"

#include <gtest/gtest.h>

namespace belfry::smtp {
namespace {

TEST(SmtpUrl, NamesAServer) {
  for (const char* good : {"smtp://mail.example.org", "smtps://mail.example.org:465", "smtp://127.0.0.1:1025",
                           "smtp://u%40x:p%3Aw@mail.example.org:587/?pool=true", "smtp://[::1]:25"}) {
    EXPECT_TRUE(check_url(good)) << good;
  }
  for (const char* wrong :
       {"", "\x01", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://:25",
        "smtp://host:port", "smtp://a b", "smtp://host\r\n", "smtp://u:p@"}) {
    EXPECT_FALSE(check_url(wrong)) << wrong;
  }
}

TEST(SmtpUrl, OnlyItsHostIsShown) {
  EXPECT_EQ(host_of("smtp://user:secret@mail.example.org:587/x?y"), "mail.example.org:587");
  EXPECT_EQ(host_of("smtps://mail.example.org"), "mail.example.org");
  EXPECT_FALSE(check_url("smtp://user:secret@host:port").error().message.contains("secret"));
}

TEST(SmtpUrl, IsOfThisMachineOrNot) {
  for (const char* here :
       {"smtp://localhost", "smtp://127.0.0.1:25", "smtps://u:p@127.1.2.3", "smtp://[::1]"}) {
    EXPECT_TRUE(is_loopback(here)) << here;
  }
  for (const char* there : {"smtp://127.example.org", "smtp://localhost.example.org", "smtp://10.0.0.1",
                            "smtp://localhost@example.org"}) {
    EXPECT_FALSE(is_loopback(there)) << there;
  }
}

TEST(SmtpClient, DefersWhereNobodyListens) {
  Client client({.url = "smtp://127.0.0.1:1"});
  const Outcome outcome = client.send({"a@b", "c@d", "x\r\n"}, [] { return false; });
  EXPECT_EQ(outcome.kind, Outcome::Kind::deferred);
  EXPECT_FALSE(outcome.reason.empty());
}

TEST(SmtpClient, EndsWhenItIsToldTo) {
  Client client({.url = "smtp://127.0.0.1:1"});
  EXPECT_EQ(client.send({"a@b", "c@d", "x\r\n"}, [] { return true; }).kind, Outcome::Kind::aborted);
}

}  // namespace
}  // namespace belfry::smtp
