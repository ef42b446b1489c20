#include "smtp/message.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base64.h"

namespace belfry::smtp {
namespace {

Message message_of() {
  return {.id = "0190-1@example.org",
          .date = 1'767'323'045'678,
          .from = {.name = "", .address = "belfry@example.org"},
          .to = "ann@example.org",
          .subject = "Hello",
          .text = "one\ntwo"};
}

/// The text after the empty line.
std::string body_of(const std::string& mail) {
  return mail.substr(mail.find("\r\n\r\n") + 4);
}

/// The value of a header, unfolded; `none` where there is none.
std::string header_of(const std::string& mail, const std::string& name) {
  const std::string head = "\r\n" + mail.substr(0, mail.find("\r\n\r\n") + 2);
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "none";
  std::string value = head.substr(at + name.size() + 4);
  for (auto end = value.find("\r\n"); end != std::string::npos; end = value.find("\r\n", end)) {
    if (value[end + 2] != ' ') return value.substr(0, end);
    value.erase(end, 2);
  }
  return value;
}

/// What RFC 2047's words say.
std::string decode_words(std::string text) {
  std::string out;
  for (std::size_t at = 0; (at = text.find("=?UTF-8?B?", at)) != std::string::npos;) {
    const auto end = text.find("?=", at);
    EXPECT_LE(end + 2 - at, 75U);
    std::string word;
    EXPECT_TRUE(decode_base64(std::string_view(text).substr(at + 10, end - at - 10), word));
    out += word;
    at = end;
  }
  return out;
}

void expect_wire_form(const std::string& mail) {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = mail.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    const std::string line = mail.substr(begin, end - begin);
    EXPECT_LE(line.size(), 998U);
    EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos) << line;
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); }))
        << line;
  }
  EXPECT_EQ(begin, mail.size());
}

TEST(Compose, APlainMailIsReadableAsItIs) {
  EXPECT_EQ(compose(message_of()),
            "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"
            "From: belfry@example.org\r\n"
            "To: ann@example.org\r\n"
            "Subject: Hello\r\n"
            "Message-ID: <0190-1@example.org>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            "one\r\ntwo\r\n");
}

TEST(Compose, HtmlStandsBesideTheText) {
  Message message = message_of();
  message.html = "<p>é</p>";
  const std::string mail = compose(message);
  expect_wire_form(mail);
  EXPECT_EQ(header_of(mail, "Content-Type"), "multipart/alternative; boundary=\"=_0190-1\"");
  EXPECT_EQ(body_of(mail),
            "--=_0190-1\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\none\r\ntwo\r\n\r\n"
            "--=_0190-1\r\nContent-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=A9</p>\r\n\r\n--=_0190-1--\r\n");
}

TEST(Compose, OneClickUnsubscribesWhereThereIsAUrl) {
  Message message = message_of();
  EXPECT_EQ(header_of(compose(message), "List-Unsubscribe"), "none");
  EXPECT_EQ(header_of(compose(message), "List-Unsubscribe-Post"), "none");
  message.unsubscribe_url = "https://example.org/u?t=a b>\r\nBcc: x@y";
  EXPECT_EQ(header_of(compose(message), "List-Unsubscribe"),
            "<https://example.org/u?t=a%20b%3E%0D%0ABcc:%20x@y>");
  EXPECT_EQ(header_of(compose(message), "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
  message.unsubscribe_url = "https://example.org/" + std::string(400, '<');
  EXPECT_EQ(header_of(compose(message), "List-Unsubscribe"), "none") << "longer than a line can be";
}

TEST(Compose, SubjectsAndNamesMayHoldAnything) {
  Message message = message_of();
  for (const std::string& text :
       {std::string("Grüße aus Köln"), std::string("=?UTF-8?B?eA==?="), std::string(300, 'x'),
        std::string("日本語の件名はとても長いので、いくつもの行に分かれることになります。そうでしょう？"),
        std::string(46, 'a') + "é" + std::string(50, 'b')}) {
    message.subject = text;
    message.from.name = text;
    const std::string mail = compose(message);
    expect_wire_form(mail);
    EXPECT_EQ(decode_words(header_of(mail, "Subject")), text);
    EXPECT_EQ(decode_words(header_of(mail, "From")), text);
    EXPECT_TRUE(header_of(mail, "From").ends_with("?= <belfry@example.org>"));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = mail.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
      EXPECT_LE(end - begin, 90U);
    }
  }
  message.from.name = "The \"Bel\\fry\"";
  EXPECT_EQ(header_of(compose(message), "From"), R"("The \"Bel\\fry\"" <belfry@example.org>)");
}

TEST(Compose, NoFieldBreaksOutOfItsPlace) {
  const std::string attack = "x\r\nBcc: evil@example.org\r\n\r\n.\r\nQUIT\r\n--=_0190-1--\r\n";
  Message message = message_of();
  message.subject = attack;
  message.from.name = attack;
  message.text = attack;
  message.html = attack;
  message.unsubscribe_url = attack;
  const std::string mail = compose(message);
  expect_wire_form(mail);
  EXPECT_EQ(header_of(mail, "Bcc"), "none");
  EXPECT_FALSE(mail.contains("\r\n."));
  const std::string end = "\r\n--=_0190-1--\r\n";
  EXPECT_EQ(mail.find(end), mail.size() - end.size());
}

TEST(Compose, TextIsKeptToTheByteInShortLines) {
  Message message = message_of();
  message.text = "trailing \ttab\t\nspace \r\n\r\n.dot\rold=mac\n" + std::string(200, 'x') + "\n" +
                 std::string(80, ' ') + "\n\x01 grüße 👋";
  const std::string mail = compose(message);
  expect_wire_form(mail);
  std::string decoded;
  const std::string body = body_of(mail);
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '=') {
      decoded += body[i];
    } else if (body.compare(i, 3, "=\r\n") == 0) {
      i += 2;
    } else {
      decoded += static_cast<char>(std::stoi(body.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  EXPECT_EQ(decoded, "trailing \ttab\t\r\nspace \r\n\r\n.dot\r\nold=mac\r\n" + std::string(200, 'x') +
                         "\r\n" + std::string(80, ' ') + "\r\n\x01 grüße 👋\r\n");
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = body.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    EXPECT_LE(end - begin, 76U);
    EXPECT_FALSE(end > begin && (body[end - 1] == ' ' || body[end - 1] == '\t'));
  }
}

}  // namespace
}  // namespace belfry::smtp
