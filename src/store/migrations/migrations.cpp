#include "store/migrations/migrations.h"

namespace belfry::store {

namespace {

// Times are milliseconds since 1970 (BIGINT), ids and JSON are TEXT. Users are not referenced: an id that a
// token or a server-to-server call names is valid before its user has been seen.
constexpr Migration kMigrations[] = {
    {1, "users, visits, conversations and messages", R"sql(
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT,
  email TEXT,
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE visits (
  id TEXT PRIMARY KEY,
  patient_id TEXT NOT NULL,
  scheduled_at BIGINT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX visits_by_patient ON visits (patient_id, id);

CREATE TABLE visit_providers (
  visit_id TEXT NOT NULL REFERENCES visits (id) ON DELETE CASCADE,
  provider_id TEXT NOT NULL,
  PRIMARY KEY (visit_id, provider_id)
);
CREATE INDEX visit_providers_by_provider ON visit_providers (provider_id, visit_id);

CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  last_seq BIGINT NOT NULL
);

CREATE TABLE messages (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  sender_id TEXT NOT NULL,
  text TEXT NOT NULL,
  attachments TEXT NOT NULL,
  reply_to TEXT,
  client_message_id TEXT,
  created_at BIGINT NOT NULL,
  UNIQUE (conversation_id, seq),
  UNIQUE (conversation_id, sender_id, client_message_id)
);
)sql"},
    {2, "idempotency keys", R"sql(
CREATE TABLE idempotency_keys (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  answer TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
)sql"},
    {3, "receipts", R"sql(
CREATE TABLE receipts (
  conversation_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  delivered_at BIGINT,
  read_at BIGINT,
  PRIMARY KEY (conversation_id, seq, user_id),
  FOREIGN KEY (conversation_id, seq) REFERENCES messages (conversation_id, seq) ON DELETE CASCADE
);
CREATE TABLE read_marks (
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  read_up_to BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, user_id)
);
)sql"},
    {4, "when users were last seen", R"sql(
CREATE TABLE last_seen (
  user_id TEXT PRIMARY KEY,
  at BIGINT NOT NULL
);
)sql"},
    {5, "notifications and topics", R"sql(
CREATE TABLE notifications (
  id TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  user_id TEXT NOT NULL,
  type TEXT NOT NULL,
  title TEXT NOT NULL,
  message TEXT NOT NULL,
  data TEXT NOT NULL,
  priority TEXT NOT NULL,
  topic TEXT,
  read_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX notifications_by_user ON notifications (app, user_id, id);
CREATE INDEX notifications_unread ON notifications (app, user_id, id) WHERE read_at IS NULL;
CREATE TABLE topic_followers (
  app TEXT NOT NULL,
  topic TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (app, topic, user_id)
);
CREATE INDEX topic_followers_by_user ON topic_followers (app, user_id);
)sql"},
    {6, "calls", R"sql(
CREATE TABLE calls (
  id TEXT PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  caller_id TEXT NOT NULL,
  recipient_id TEXT NOT NULL,
  call_type TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  answered_at BIGINT,
  ended_at BIGINT,
  reason TEXT
);
CREATE INDEX calls_by_conversation ON calls (conversation_id, id);
CREATE INDEX calls_open_by_caller ON calls (caller_id) WHERE state IN ('ringing', 'active');
CREATE INDEX calls_open_by_recipient ON calls (recipient_id) WHERE state IN ('ringing', 'active');
)sql"},
    {7, "sessions and credentials", R"sql(
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE TABLE credentials (
  email TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
)sql"},
    {8, "memberships", R"sql(
CREATE TABLE memberships (
  kind TEXT NOT NULL,
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role TEXT NOT NULL,
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (kind, group_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (kind, user_id, group_id);
INSERT INTO memberships (kind, group_id, user_id, role, joined_at)
  SELECT 'health.visit', v.id, p.provider_id, 'provider', v.created_at
  FROM visit_providers p JOIN visits v ON v.id = p.visit_id;
INSERT INTO memberships (kind, group_id, user_id, role, joined_at)
  SELECT 'health.visit', id, patient_id, 'patient', created_at FROM visits WHERE true
  ON CONFLICT (kind, group_id, user_id) DO NOTHING;
DROP TABLE visit_providers;
)sql"},
    {9, "groups with a name", R"sql(
CREATE TABLE named_groups (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  created_by TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX named_groups_by_kind ON named_groups (kind, id);
)sql"},
    {10, "care", R"sql(
CREATE TABLE care_recipients (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX care_recipients_by_family ON care_recipients (family_id, id);
CREATE TABLE care_medications (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  care_recipient_id TEXT NOT NULL REFERENCES care_recipients (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  dosage TEXT,
  schedule TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX care_medications_by_recipient ON care_medications (care_recipient_id, id);
CREATE TABLE care_logs (
  id TEXT PRIMARY KEY,
  medication_id TEXT NOT NULL REFERENCES care_medications (id) ON DELETE CASCADE,
  status TEXT NOT NULL,
  notes TEXT,
  scheduled_time BIGINT NOT NULL,
  logged_by TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX care_logs_by_medication ON care_logs (medication_id, id);
CREATE TABLE care_alerts (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  care_recipient_id TEXT NOT NULL REFERENCES care_recipients (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  severity TEXT NOT NULL,
  message TEXT,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  acknowledged_by TEXT,
  acknowledged_at BIGINT
);
CREATE INDEX care_alerts_by_family ON care_alerts (family_id, id);
CREATE TABLE care_shifts (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  care_recipient_id TEXT NOT NULL REFERENCES care_recipients (id) ON DELETE CASCADE,
  caregiver_id TEXT NOT NULL,
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  checked_in_at BIGINT,
  checked_out_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX care_shifts_by_family ON care_shifts (family_id, id);
)sql"},
    {11, "jobs", R"sql(
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  input TEXT NOT NULL,
  cursor TEXT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  finished BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX jobs_unfinished ON jobs (app, id) WHERE finished = 0;
)sql"},
    {12, "household", R"sql(
CREATE TABLE household_tasks (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  assignment_type TEXT NOT NULL,
  member_id TEXT,
  role TEXT,
  karma BIGINT NOT NULL,
  claim_id TEXT,
  created_by TEXT,
  created_at BIGINT NOT NULL,
  completed_by TEXT,
  completed_at BIGINT
);
CREATE INDEX household_tasks_by_family ON household_tasks (family_id, id);
CREATE TABLE household_karma (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  amount BIGINT NOT NULL,
  reason TEXT NOT NULL,
  created_by TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX household_karma_by_user ON household_karma (family_id, user_id, id);
CREATE TABLE household_balances (
  family_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  balance BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  PRIMARY KEY (family_id, user_id)
);
CREATE TABLE household_rewards (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  name TEXT NOT NULL,
  cost BIGINT NOT NULL,
  created_by TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX household_rewards_by_family ON household_rewards (family_id, id);
CREATE TABLE household_claims (
  id TEXT PRIMARY KEY,
  family_id TEXT NOT NULL,
  reward_id TEXT NOT NULL REFERENCES household_rewards (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  cost BIGINT NOT NULL,
  status TEXT NOT NULL,
  task_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  closed_by TEXT,
  closed_at BIGINT
);
CREATE INDEX household_claims_by_family ON household_claims (family_id, id);
CREATE TABLE household_chats (
  id TEXT PRIMARY KEY,
  family_id TEXT,
  name TEXT,
  created_by TEXT,
  created_at BIGINT NOT NULL
);
)sql"},
    {13, "who is online in an app", R"sql(
CREATE TABLE online_users (
  app TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (app, user_id)
);
)sql"},
    {14, "mails", R"sql(
CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  user_id TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  html TEXT NOT NULL,
  unsubscribe_url TEXT NOT NULL,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  leased_by TEXT NOT NULL,
  error TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX mails_due ON mails (due_at, id) WHERE state = 'queued';
CREATE INDEX mails_by_state ON mails (state, id);
CREATE INDEX mails_by_end ON mails (state, ended_at);
)sql"},
    {15, "mails to the absent", R"sql(
CREATE TABLE mail_notices (
  id TEXT PRIMARY KEY,
  app TEXT NOT NULL,
  group_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  input TEXT NOT NULL,
  done_to TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE mail_windows (
  app TEXT NOT NULL,
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  waiting BIGINT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (app, group_id, user_id)
);
CREATE INDEX mail_windows_by_end ON mail_windows (app, until);
CREATE TABLE mail_choices (
  app TEXT NOT NULL,
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  muted BIGINT NOT NULL,
  token TEXT NOT NULL UNIQUE,
  PRIMARY KEY (app, group_id, user_id)
);
)sql"},
    {16, "steps of apps from outside", R"sql(
CREATE TABLE app_migrations (
  app TEXT NOT NULL,
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  applied_at BIGINT NOT NULL,
  PRIMARY KEY (app, number)
);
)sql"},
    {17, "users who are blocked, and the sessions of a user", R"sql(
ALTER TABLE users ADD COLUMN blocked_at BIGINT;
CREATE INDEX sessions_by_user ON sessions (user_id, id);
)sql"},
    {18, "what mails are about", R"sql(
ALTER TABLE mails ADD COLUMN group_id TEXT NOT NULL DEFAULT '';
CREATE INDEX mails_by_user ON mails (app, user_id, group_id) WHERE state <> 'sent';
)sql"},
    {19, "events that nodes share", R"sql(
CREATE TABLE outbox (
  number BIGINT PRIMARY KEY, type TEXT NOT NULL, data TEXT NOT NULL, node TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE TABLE outbox_head (id BIGINT PRIMARY KEY, number BIGINT NOT NULL);
)sql"},
    {20, "on which node users are online", R"sql(
DROP TABLE online_users;
CREATE TABLE online_users (
  app TEXT NOT NULL, user_id TEXT NOT NULL, node TEXT NOT NULL, PRIMARY KEY (app, user_id, node)
);
CREATE INDEX online_users_by_node ON online_users (app, node, user_id);
)sql"},
};

}  // namespace

std::span<const Migration> all_migrations() {
  return kMigrations;
}

}  // namespace belfry::store
