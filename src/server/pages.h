// The pages that the server itself has.
#pragma once

#include <string>

#include "belfry/server.h"
#include "server/config.h"

namespace belfry::server {

/// The configured folder of pages, or the one beside the program as it was built or installed; empty: there
/// is none.
std::string pages_folder(const Config& config);
/// Where the stock client's bundles are that the server is to serve; empty: none.
std::string client_folder(const Config& config);

/// `/docs`: the reference of events and routes.
void add_reference(Server& server, const Config& config);

}  // namespace belfry::server
