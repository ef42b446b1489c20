// The apps: those of this program, and those that a program of one's own adds.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/app.h"
#include "core/event_forms.h"
#include "server/config.h"
#include "store/migrations/migrations.h"

namespace belfry::server {

/// An app from outside this project: see docs/adding-an-app.md.
struct ExtraApp {
  std::string name;  ///< of its namespace, `/<name>`
  apps::MakeApp make;
  std::span<const store::Migration> migrations = {};  ///< its own tables; numbered from 1
  std::function<void(EventForms&)> events = {};       ///< adds the forms of what it tells
};

/// Whether an app of this program has that name.
bool is_own_app(std::string_view name);

/// All of them, in the order in which they are listed. `parts` outlives them.
std::vector<std::unique_ptr<apps::App>> make_apps(const apps::Parts& parts, const Config& config,
                                                  const std::vector<ExtraApp>& extra);

}  // namespace belfry::server
