#include "server/secret.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace belfry::server {
namespace {

namespace fs = std::filesystem;

/// A fresh folder, removed at the end.
class SecretTest : public testing::Test {
 protected:
  SecretTest() {
    std::string name = (fs::temp_directory_path() / "belfry-secret-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) dir_ = name;
  }
  ~SecretTest() override { fs::remove_all(dir_); }
  std::string data_dir() const { return dir_ + "/data"; }
  std::string file() const { return data_dir() + "/jwt-secret"; }

  std::string dir_;
};

TEST_F(SecretTest, IsMadeOnceAndKept) {
  const auto first = load_or_create_secret(data_dir());
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_TRUE(first->created);
  EXPECT_EQ(first->file, file());
  EXPECT_GE(first->value.size(), 43U);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto second = load_or_create_secret(data_dir());
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->created);
  EXPECT_EQ(second->value, first->value);
  EXPECT_EQ(std::distance(fs::directory_iterator(data_dir()), {}), 1) << "nothing else is left behind";
}

TEST_F(SecretTest, IsTheSameForAllThatStartAtOnce) {
  std::vector<std::string> values(8);
  std::vector<std::thread> threads;
  for (std::string& value : values) {
    threads.emplace_back(
        [&value, this] { value = load_or_create_secret(data_dir()).value_or(Secret{}).value; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& value : values) EXPECT_EQ(value, values.front());
  EXPECT_FALSE(values.front().empty());
}

TEST_F(SecretTest, IsRefusedWhereOthersMayReadIt) {
  ASSERT_TRUE(load_or_create_secret(data_dir()).has_value());
  fs::permissions(file(), fs::perms::group_read, fs::perm_options::add);
  const auto secret = load_or_create_secret(data_dir());
  ASSERT_FALSE(secret.has_value());
  EXPECT_TRUE(secret.error().message.contains("others may read it"));
}

TEST_F(SecretTest, IsRefusedWhereTheFileIsEmptyOrTheFolderIsNone) {
  fs::create_directories(data_dir());
  std::ofstream(file()).flush();
  fs::permissions(file(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(load_or_create_secret(data_dir()).has_value());
  EXPECT_FALSE(load_or_create_secret(file()).has_value());
}

}  // namespace
}  // namespace belfry::server
