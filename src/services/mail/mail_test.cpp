#include "services/mail/mail.h"

#include <gtest/gtest.h>

#include <set>

#include "store/testing.h"

namespace belfry::mail {
namespace {

using store::Transaction;
using store::testing::read;
using store::testing::TempStore;
using store::testing::write;

constexpr WallMs kNow = 1'767'323'045'678;
const Lease kLease{.owner = "me", .until = kNow + 1'000};

NewMail new_mail(std::string subject = "Hello") {
  return {.app = "a", .user_id = "ann", .to = "ann@example.org", .subject = std::move(subject), .text = "x"};
}
Result<Mail> try_queue(TempStore& store, const NewMail& mail, WallMs now = kNow) {
  return write(*store, [=](Transaction& tx) { return queue(tx, mail, now); });
}
Mail queue_one(TempStore& store, std::string subject = "Hello", WallMs now = kNow) {
  return try_queue(store, new_mail(std::move(subject)), now).value();
}
Claimed claim_at(TempStore& store, WallMs now, int limit = 10, const Lease& lease = kLease) {
  return write(*store, [=](Transaction& tx) { return claim(tx, lease, now, limit); }).value();
}
template <class T>
std::vector<std::string> subjects(const std::vector<T>& mails) {
  std::vector<std::string> out;
  for (const T& mail : mails) out.push_back(mail.subject);
  return out;
}
Mail only(TempStore& store) {
  return read(*store, [](Transaction& tx) { return store::find<Mail>(tx, "mails", "id > ''", {}); })
      .value()
      .value();
}
bool fails(TempStore& store, const Mail& mail, std::optional<milliseconds> pause, WallMs now = kNow) {
  return write(*store, [=](Transaction& tx) { return record_failure(tx, mail, "421 busy", pause, now); })
      .value();
}
using Subjects = std::vector<std::string>;

TEST(Mail, IsQueuedAndTold) {
  TempStore store;
  const Mail mail = queue_one(store);
  store.reopen();
  EXPECT_EQ(to_json(only(store)), (Value{{"id", mail.id},
                                         {"app", "a"},
                                         {"userId", "ann"},
                                         {"to", "ann@example.org"},
                                         {"subject", "Hello"},
                                         {"state", "queued"},
                                         {"tries", 0},
                                         {"error", nullptr},
                                         {"nextTryAt", "2026-01-02T03:04:05.678Z"},
                                         {"createdAt", "2026-01-02T03:04:05.678Z"},
                                         {"endedAt", nullptr}}));
  ASSERT_EQ(store.events().size(), 1u);
  EXPECT_EQ(std::dynamic_pointer_cast<const MailQueued>(store.events()[0])->mail_id, mail.id);
}

TEST(Mail, IsCheckedBeforeItIsKept) {
  TempStore store;
  const auto refused = [&](auto change) {
    NewMail mail = new_mail();
    change(mail);
    const auto made = try_queue(store, mail);
    return made ? "" : made.error().text();
  };
  EXPECT_EQ(refused([](NewMail& m) { m.to = "ann@example.org\r\nBcc: x@y"; }),
            "to: must be an e-mail address");
  EXPECT_EQ(refused([](NewMail& m) { m.subject = "a\nb"; }), "subject: must not hold control characters");
  EXPECT_EQ(refused([](NewMail& m) { m.subject = ""; }), "subject: must not be empty");
  EXPECT_EQ(refused([](NewMail& m) { m.subject.assign(kSubjectMax + 1, 'x'); }),
            "subject: longer than 500 bytes");
  EXPECT_EQ(refused([](NewMail& m) { m.text = ""; }), "text: must not be empty");
  EXPECT_EQ(refused([](NewMail& m) { m.text.assign(kTextMax + 1, 'x'); }), "text: longer than 100000 bytes");
  EXPECT_EQ(refused([](NewMail& m) { m.html.assign(kHtmlMax + 1, 'x'); }), "html: longer than 500000 bytes");
  EXPECT_EQ(refused([](NewMail& m) { m.unsubscribe_url = "http://x\r\ny"; }),
            "unsubscribeUrl: must not hold control characters");
  EXPECT_EQ(refused([](NewMail& m) { m.text = "many\r\nlines"; }), "");
  EXPECT_EQ(read(*store, count_queued).value(), 1);
}

TEST(Mail, IsClaimedByOneUntilTheLeaseEnds) {
  TempStore store;
  for (int i = 0; i < 3; ++i) queue_one(store, std::to_string(i), kNow + i);
  EXPECT_EQ(claim_at(store, kNow - 1).next_due, kNow);
  EXPECT_EQ(subjects(claim_at(store, kNow + 1, 1).mails), Subjects{"0"});
  const Claimed second = claim_at(store, kNow + 1);
  EXPECT_EQ(subjects(second.mails), Subjects{"1"});
  EXPECT_EQ(second.next_due, kNow + 2);
  store.reopen();
  EXPECT_EQ(subjects(claim_at(store, kNow + 999).mails), Subjects{"2"});
  EXPECT_TRUE(claim_at(store, kNow + 999).mails.empty());
  EXPECT_EQ(claim_at(store, kLease.until, 10, {"other", kNow + 9'000}).mails.size(), 3u);
}

TEST(Mail, OfASenderThatStartsAgainIsDueAtOnce) {
  TempStore store;
  queue_one(store, "mine");
  claim_at(store, kNow);
  queue_one(store, "another's");
  claim_at(store, kNow, 10, {"other", kNow + 1'000});
  ASSERT_TRUE(write(*store, [](Transaction& tx) { return release(tx, "me", kNow + 5); }));
  EXPECT_EQ(subjects(claim_at(store, kNow + 5).mails), Subjects{"mine"});
}

TEST(Mail, IsSentOnceAndForgotten) {
  TempStore store;
  const Mail mail = queue_one(store);
  const Mail claimed = claim_at(store, kNow).mails.at(0);
  const auto sent = [&](WallMs now) {
    ASSERT_TRUE(write(*store, [=](Transaction& tx) { return record_sent(tx, claimed, false, now); }));
  };
  sent(kNow + 5);
  sent(kNow + 9);
  EXPECT_TRUE(claim_at(store, kNow + 1'000'000).mails.empty());
  EXPECT_EQ(claim_at(store, kNow).next_due, std::nullopt);
  const Mail kept = only(store);
  EXPECT_EQ(kept.text, "");
  EXPECT_EQ(kept.tries, 1);
  EXPECT_EQ(to_json(kept).at("endedAt"), iso_time(kNow + 5));
  EXPECT_EQ(to_json(kept).at("state"), "sent");
  EXPECT_FALSE(fails(store, claimed, milliseconds(1)));
  const auto forget_at = [&](WallMs now) {
    return write(*store, [=](Transaction& tx) { return forget(tx, now, 10); }).value();
  };
  EXPECT_EQ(forget_at(kNow + 5 + kSentKept.count()), 0);
  EXPECT_EQ(forget_at(kNow + 6 + kSentKept.count()), 1);
}

TEST(Mail, ThatFailsIsTriedAgainLaterByWhoeverHasIt) {
  TempStore store;
  queue_one(store);
  const Mail claimed = claim_at(store, kNow).mails.at(0);
  EXPECT_TRUE(fails(store, claimed, milliseconds(500)));
  EXPECT_EQ(claim_at(store, kNow + 499).next_due, kNow + 500);
  const Mail again = claim_at(store, kNow + 500, 10, {"me", kNow + 2'000}).mails.at(0);
  EXPECT_EQ(again.tries, 1);
  EXPECT_EQ(again.error, "421 busy");
  // The lease of the first try is over.
  EXPECT_FALSE(fails(store, claimed, milliseconds(1)));
  ASSERT_TRUE(write(*store, [again](Transaction& tx) { return put_back(tx, again, kNow + 600); }));
  EXPECT_EQ(claim_at(store, kNow + 600).mails.at(0).tries, 1);
}

TEST(Mail, ThatHasFailedIsSentAgainOnOrdersOnly) {
  TempStore store;
  const Mail mail = queue_one(store);
  const auto again = [&](const std::string& id) {
    return write(*store, [=](Transaction& tx) { return send_again(tx, id, kNow + 7); });
  };
  EXPECT_EQ(again("none").error().kind, ErrorKind::not_found);
  EXPECT_EQ(again(mail.id).error().kind, ErrorKind::conflict);
  EXPECT_TRUE(fails(store, claim_at(store, kNow).mails.at(0), std::nullopt));
  EXPECT_TRUE(claim_at(store, kNow + 1'000'000).mails.empty());
  EXPECT_EQ(read(*store, count_queued).value(), 0);
  EXPECT_EQ(to_json(only(store)).at("state"), "failed");
  const Mail queued = again(mail.id).value();
  EXPECT_EQ(to_json(queued), to_json(only(store)));
  EXPECT_EQ(queued.tries, 0);
  EXPECT_EQ(claim_at(store, kNow + 7).mails.at(0).text, "x");
  EXPECT_EQ(store.events().size(), 2u);
}

TEST(Mail, IsListedByStateNewestFirst) {
  TempStore store;
  for (int i = 0; i < 4; ++i) queue_one(store, std::to_string(i));
  fails(store, claim_at(store, kNow, 1).mails.at(0), std::nullopt);
  const auto listed = [&](std::string_view state, std::string_view before, int limit) {
    return read(*store, [=](Transaction& tx) { return list(tx, state, before, limit); }).value();
  };
  EXPECT_EQ(subjects(listed("", "", 10)), (Subjects{"3", "2", "1", "0"}));
  EXPECT_EQ(subjects(listed("failed", "", 10)), Subjects{"0"});
  EXPECT_EQ(to_json(listed("failed", "", 1).at(0)),
            to_json(store::testing::read(*store,
                                         [](Transaction& tx) {
                                           return store::find<Mail>(tx, "mails", "state = 'failed'", {});
                                         })
                        .value()
                        .value()));
  const auto page = listed("queued", "", 2);
  EXPECT_EQ(subjects(page), (Subjects{"3", "2"}));
  EXPECT_EQ(subjects(listed("queued", page.back().id, 2)), Subjects{"1"});
  EXPECT_TRUE(listed("sent", "", 10).empty());
}

TEST(Pauses, DoubleWithAFifthOfJitterAndEndAfterTheTenthTry) {
  const milliseconds base(30'000);
  for (std::int64_t tries = 1; tries < kTriesMax; ++tries) {
    const auto whole = base.count() << (tries - 1);
    std::set<std::int64_t> seen;
    for (std::uint32_t random = 0; random < 4'001; ++random) {
      const auto pause = pause_after(tries, base, random);
      ASSERT_TRUE(pause);
      seen.insert(pause->count());
    }
    EXPECT_EQ(*seen.begin(), whole * 8 / 10);
    EXPECT_EQ(*seen.rbegin(), whole * 12 / 10);
    EXPECT_GT(seen.size(), 4'000u);
  }
  EXPECT_EQ(pause_after(kTriesMax, base, 0), std::nullopt);
}

}  // namespace
}  // namespace belfry::mail
