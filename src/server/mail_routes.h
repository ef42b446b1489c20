// What whoever runs the server asks of mail: what waits, what has failed, one to try it with.
#pragma once

#include "apps/common/api.h"
#include "server/mailer.h"
#include "store/store.h"

namespace belfry::server {

/// `/v1/mails`, for admins and servers. Owned by the wiring; all it is given outlives it. Handlers run on the
/// shard of their request.
class MailRoutes {
 public:
  MailRoutes(apps::Api& api, store::Store& store, const Mailer& mailer);

 private:
  void list(const apps::Call& call) const;
  void show(const apps::Call& call) const;
  void create(const apps::Call& call) const;
  void retry(const apps::Call& call) const;
  // Whether mail is sent; else answers that it is not.
  bool sends(const apps::Call& call) const;

  store::Store& store_;
  const Mailer& mailer_;
};

}  // namespace belfry::server
