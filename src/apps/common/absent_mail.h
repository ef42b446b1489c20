// Mails to those members of a group who are not there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/alarm.h"
#include "apps/common/parts.h"
#include "services/mail/absences.h"

namespace belfry::apps {

/// What a mail says, as plain text; a subject is one line of at most 200 bytes, whatever it is given.
struct MailText {
  std::string subject;
  std::string text;
};

/// How an app's mails differ from the others'.
struct AbsentMailRules {
  std::string app;
  std::string kind;  ///< of the groups, as in memberships
  /// In a unit of work: what to say of a notice.
  std::function<Result<MailText>(store::Transaction&, const mail::Notice&)> text;
  /// After a mail about a group nobody gets another for so long; then one that says how many there would have
  /// been. 0: everybody gets each.
  milliseconds window{0};
  std::function<Result<MailText>(store::Transaction&, const std::string& group_id, std::int64_t count)>
      digest = {};
};

/// Sees to it that members without a device in any app get a mail, once, though the server dies meanwhile.
/// Where there are windows, members may want no mail (`mute`), also by a link in each:
/// `/v1/<app>/unsubscribe/<token>`. Owned by the app; nothing of it is in the way of who sends a message.
class AbsentMail {
 public:
  AbsentMail(const Parts& parts, AbsentMailRules rules);

  /// In the unit of work of what happened. `sender_id`: who needs no mail; empty: nobody.
  Result<void> expect(store::Transaction& tx, const std::string& group_id, const std::string& sender_id,
                      const Value& input) const;
  /// Once the server listens: goes on with what it had to leave.
  void start();

 private:
  using Ids = std::vector<std::string>;

  void go_on(WallMs before);
  // Members of the notice's group who are not there get their mail; then `done` is called.
  void serve(const mail::Notice& notice, const std::function<void()>& done);
  void deliver(const std::shared_ptr<mail::Notice>& notice, const std::shared_ptr<Ids>& absent,
               const std::function<void()>& done);
  Result<void> write_part(store::Transaction& tx, const mail::Notice& notice, const Ids& users,
                          bool last) const;
  Result<void> write_to(store::Transaction& tx, const std::string& group_id, const std::string& user_id,
                        const MailText& text) const;
  // Of a member who wants mail; else empty.
  Result<std::string> address_of(store::Transaction& tx, const std::string& group_id,
                                 const std::string& user_id) const;
  // Those that are over, on shard 0.
  void plan();
  void close_windows();
  Result<void> write_digests(store::Transaction& tx, const std::vector<mail::Window>& windows,
                             const Ids& absent) const;
  void later(const std::function<void()>& again, const Error& error);
  void add_routes(Api& api);

  const Parts parts_;
  const AbsentMailRules rules_;
  Alarm alarm_;  // for windows; belongs to shard 0
};

/// Text for people in HTML.
std::string escape_html(std::string_view text);

}  // namespace belfry::apps
