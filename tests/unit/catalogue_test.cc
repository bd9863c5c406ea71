// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the catalogue is, which file a name means, and that every file in it is a good scenario.
#include "edit/catalogue.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "edit/scenario.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, removed at its end.
class Catalogue : public testing::Test {
 protected:
  Catalogue() {
    std::string pattern = (fs::temp_directory_path() / "catalogue.XXXXXX").string();
    folder = fs::canonical(mkdtemp(pattern.data()));
  }
  ~Catalogue() override { fs::remove_all(folder); }

  std::string make(const std::string &name) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "title: x\n";
    return (folder / name).string();
  }

  std::string error_of(const std::string &scenario) {
    try {
      find_scenario_in(folder.string(), scenario);
    } catch (const Misuse &error) { return error.what(); }
    return "no error";
  }

  fs::path folder;
};

TEST_F(Catalogue, lists_names_sorted_and_nothing_else) {
  make("schema.json");
  make("README.md");
  make("ntfs/zero-dbr.yaml");
  make("fat/boot/lost.yaml");
  EXPECT_EQ(catalogue(folder.string()), (std::vector<std::string>{"fat/boot/lost", "ntfs/zero-dbr"}));
}

TEST_F(Catalogue, a_name_is_a_full_name_or_its_last_parts) {
  std::string file = make("ntfs/boot/zero-dbr.yaml");
  for (const char *name :
       {"zero-dbr", "zero-dbr.yaml", "boot/zero-dbr", "ntfs/boot/zero-dbr", "ntfs/boot/zero-dbr.yaml"})
    EXPECT_EQ(find_scenario_in(folder.string(), name), file) << name;
  EXPECT_EQ(error_of("dbr"),
            "no scenario 'dbr': neither a file nor in the catalogue; 'corruptor list' shows all");
}

TEST_F(Catalogue, a_full_name_wins_over_the_last_part_of_another) {
  make("a/x.yaml");
  std::string file = make("x.yaml");
  EXPECT_EQ(find_scenario_in(folder.string(), "x"), file);
}

TEST_F(Catalogue, an_ambiguous_name_lists_what_it_may_mean) {
  make("fat/boot-lost.yaml");
  make("ntfs/boot-lost.yaml");
  EXPECT_EQ(error_of("boot-lost"), "'boot-lost' is ambiguous; say which: fat/boot-lost, ntfs/boot-lost");
}

TEST_F(Catalogue, an_unknown_name_gives_the_nearest) {
  make("ntfs/zero-dbr.yaml");
  make("fat/both-fats.yaml");
  EXPECT_EQ(error_of("zero-drb"),
            "no scenario 'zero-drb': neither a file nor in the catalogue; did you mean ntfs/zero-dbr?");
}

TEST_F(Catalogue, a_file_wins_if_the_argument_looks_like_one) {
  std::string file = make("zero-dbr.yaml");
  EXPECT_EQ(find_scenario(file), file);
}

TEST_F(Catalogue, a_folder_is_no_scenario) {
  make("ntfs/zero-dbr.yaml");
  EXPECT_NE(error_of((folder / "ntfs").string()), "no error");
}

TEST_F(Catalogue, is_found_from_an_installed_program_and_from_a_module_below_lib) {
  make("share/corruptor/scenarios/schema.json");
  std::string root = (folder / "share/corruptor/scenarios").string();
  EXPECT_EQ(catalogue_above((folder / "bin/corruptor").string()), root);
  EXPECT_EQ(catalogue_above((folder / "lib/python3/dist-packages/corruptor/_core.so").string()), root);
}

TEST_F(Catalogue, is_found_from_a_build_folder) {
  make("scenarios/schema.json");
  EXPECT_EQ(catalogue_above((folder / "build/corruptor/corruptor").string()),
            (folder / "scenarios").string());
}

TEST_F(Catalogue, a_folder_of_that_name_without_the_schema_is_another) {
  make("scenarios/x.yaml");
  EXPECT_EQ(catalogue_above((folder / "build/corruptor").string()), std::nullopt);
}

TEST(CatalogueNames, are_paths_below_the_root_or_stems) {
  EXPECT_EQ(scenario_name(catalogue_root() + "/ntfs/boot/zero-dbr.yaml"), "ntfs/boot/zero-dbr");
  EXPECT_EQ(scenario_name(catalogue_root() + "/ntfs/../fat/x.yaml"), "fat/x");
  EXPECT_EQ(scenario_name("/somewhere/else/zero-dbr.yaml"), "zero-dbr");
}

/// What a file in the catalogue must have beyond the grammar: reasons, a base image, and the modeline.
TEST(CatalogueFiles, are_complete_scenarios_that_editors_understand) {
  fs::path root = catalogue_root();
  for (const std::string &name : catalogue(root.string())) {
    SCOPED_TRACE(name);
    fs::path file = root / (name + ".yaml");
    Scenario scenario = load_scenario(file.string(), {});
    EXPECT_EQ(scenario.name, name);
    for (const std::string &text : {scenario.title, scenario.why, scenario.target, scenario.image})
      EXPECT_FALSE(text.empty());
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    EXPECT_EQ(line, "# yaml-language-server: $schema=" +
                        (root / "schema.json").lexically_relative(file.parent_path()).string());
  }
}

} // namespace
} // namespace lab
