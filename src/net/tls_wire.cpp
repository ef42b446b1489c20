#include "net/tls_wire.h"

#include <openssl/bio.h>

#include <memory>

namespace belfry::net {

namespace {

TlsWire& wire_of(BIO* bio) {
  return *static_cast<TlsWire*>(BIO_get_data(bio));
}

int read_wire(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  std::string_view& in = wire_of(bio).in;
  if (in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = in.copy(to, static_cast<std::size_t>(size));
  in.remove_prefix(taken);
  return static_cast<int>(taken);
}

int write_wire(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  wire_of(bio).out.append(from, static_cast<std::size_t>(size));
  return size;
}

long control_wire(BIO* /*bio*/, int command, long /*number*/, void* /*data*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

// Constant: what the BIOs of all threads do.
const BIO_METHOD* wire_method() {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> method = [] {
    std::unique_ptr<BIO_METHOD, FreeMethod> made(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire"));
    BIO_meth_set_read(made.get(), read_wire);
    BIO_meth_set_write(made.get(), write_wire);
    BIO_meth_set_ctrl(made.get(), control_wire);
    return made;
  }();
  return method.get();
}

}  // namespace

BIO* TlsWire::make_bio() {
  BIO* const bio = BIO_new(wire_method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace belfry::net
