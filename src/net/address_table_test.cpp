#include "net/address_table.h"

#include <gtest/gtest.h>

#include "net/address_gate.h"

namespace belfry::net {
namespace {

using namespace std::chrono_literals;
using Kind = AddressTable::Kind;
using Verdict = AddressTable::Verdict;

const TimePoint kStart{std::chrono::hours(1)};

AddressBytes address(int i) {
  return *read_address("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256));
}

TEST(AddressTable, AdmitsSoManyAtATimeOfEachAddressAndKind) {
  AddressTable table({.max_connections = 2, .max_sessions = 1});
  EXPECT_EQ(table.open(address(1), Kind::connection, kStart).verdict, Verdict::admitted);
  EXPECT_EQ(table.open(address(1), Kind::connection, kStart).verdict, Verdict::admitted);
  EXPECT_EQ(table.open(address(1), Kind::connection, kStart).verdict, Verdict::too_many);
  EXPECT_EQ(table.open(address(1), Kind::session, kStart).verdict, Verdict::admitted);
  EXPECT_EQ(table.open(address(1), Kind::session, kStart).verdict, Verdict::too_many);
  EXPECT_EQ(table.open(address(2), Kind::connection, kStart).verdict, Verdict::admitted);
  table.close(address(1), Kind::connection);
  EXPECT_EQ(table.open(address(1), Kind::connection, kStart).verdict, Verdict::admitted);
}

TEST(AddressTable, SaysWhenToComeBackAndDoesNotCountWhatItRefuses) {
  AddressTable table({.connections = {.per_second = 2, .burst = 3}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(table.open(address(1), Kind::connection, kStart).verdict, Verdict::admitted);
  }
  for (int i = 0; i < 10; ++i) {
    const auto refused = table.open(address(1), Kind::connection, kStart);
    EXPECT_EQ(refused.verdict, Verdict::too_often);
    EXPECT_EQ(refused.retry_after, 500ms);
  }
  EXPECT_EQ(table.open(address(1), Kind::connection, kStart + 500ms).verdict, Verdict::admitted);
}

TEST(AddressTable, ForgetsWhoIsQuietAndKeepsWhoHasSomethingOpen) {
  AddressTable table({.connections = {.per_second = 1, .burst = 10}, .max_addresses = 100});
  for (int i = 0; i < 1000; ++i) table.open(address(i), Kind::connection, kStart);
  EXPECT_EQ(table.size(), 1000U);
  for (int i = 0; i < 1000; ++i) table.close(address(i), Kind::connection);
  for (int i = 1000; i < 2000; ++i) {
    table.open(address(i), Kind::connection, kStart);
    table.close(address(i), Kind::connection);
  }
  EXPECT_LE(table.size(), 102U) << "past the bound";
  for (int i = 0; i < 100; ++i) table.open(address(5000), Kind::connection, kStart + 1h);
  EXPECT_EQ(table.size(), 1U) << "who owes nothing";
}

TEST(AddressGate, CountsAnIpv6NetworkOf64BitsAsOne) {
  const auto gate = AddressGate::make({.max_connections = 1});
  ASSERT_TRUE(gate);
  const auto one = (*gate)->connection("2001:db8:1:2::1");
  EXPECT_TRUE(one.admitted());
  EXPECT_FALSE((*gate)->connection("2001:db8:1:2:ffff::9").admitted());
  EXPECT_TRUE((*gate)->connection("2001:db8:1:3::1").admitted());
  const auto v4 = (*gate)->connection("192.0.2.1");
  EXPECT_TRUE(v4.admitted());
  EXPECT_TRUE((*gate)->connection("192.0.2.2").admitted());
  EXPECT_FALSE((*gate)->connection("::ffff:192.0.2.1").admitted()) << "the same in another form";
}

TEST(AddressGate, ALeaseCountsAsLongAsItLives) {
  const auto gate = AddressGate::make({.max_connections = 1});
  {
    const auto held = (*gate)->connection("192.0.2.1");
    EXPECT_FALSE((*gate)->connection("192.0.2.1").admitted());
  }
  auto again = (*gate)->connection("192.0.2.1");
  EXPECT_TRUE(again.admitted());
  const_cast<std::unique_ptr<AddressGate>&>(*gate).reset();
  again.lease.reset();  // may outlive the gate
}

TEST(AddressGate, LetsExemptNetworksAndProxiesPass) {
  const auto gate = AddressGate::make({.max_connections = 1,
                                       .max_sessions = 1,
                                       .exempt = {"10.0.0.0/8"},
                                       .trusted_proxies = {"192.0.2.0/24"}});
  ASSERT_TRUE(gate);
  std::vector<AddressGate::Admission> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back((*gate)->connection("10.1.2.3"));
    open.push_back((*gate)->connection("192.0.2.7"));
    EXPECT_TRUE(open.back().admitted());
  }
  open.push_back((*gate)->session("192.0.2.7", "203.0.113.5"));
  EXPECT_TRUE(open.back().admitted());
  EXPECT_FALSE((*gate)->session("192.0.2.7", "198.51.100.1, 203.0.113.5").admitted());
  EXPECT_TRUE((*gate)->session("192.0.2.7", "203.0.113.6").admitted());
  EXPECT_TRUE((*gate)->session("192.0.2.7", "").admitted()) << "a proxy that forwards nothing";
  EXPECT_FALSE(AddressGate::make({.max_connections = 1, .exempt = {"10.0.0.0/33"}}));
}

}  // namespace
}  // namespace belfry::net
