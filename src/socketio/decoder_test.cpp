#include "socketio/decoder.h"

#include <gtest/gtest.h>

namespace belfry::socketio {

namespace {

// The name and the arguments of an event; "refused" where it is none.
std::string event_of(std::string_view text) {
  Decoder decoder;
  std::unique_ptr<PartialPacket> partial;
  Packet packet;
  if (decoder.read(false, text, partial, packet) != Decoder::Outcome::packet) return "refused";
  return std::string(packet.event) + " " + Value(packet.args->values()).dump();
}

TEST(Decoder, AnEventsNameMayBeANumber) {
  EXPECT_EQ(event_of(R"(2["say",1])"), "say [1]");
  EXPECT_EQ(event_of(R"(2["s\u0061y"])"), "say []");
  EXPECT_EQ(event_of(R"(2[5,"x"])"), R"(5 ["x"])");
  EXPECT_EQ(event_of("2[ -1.5e3 , {} ]"), "-1.5e3 [{}]");
  EXPECT_EQ(event_of("2[0]"), "0 []");
}

TEST(Decoder, AnEventsNameIsNothingElse) {
  for (const std::string_view name : {"null", "true", "[]", "{}", "1e400", "-", "\"disconnect\""}) {
    EXPECT_EQ(event_of("2[" + std::string(name) + "]"), "refused") << name;
  }
  EXPECT_EQ(event_of("2[]"), "refused");
}

}  // namespace

}  // namespace belfry::socketio
