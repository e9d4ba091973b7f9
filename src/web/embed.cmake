# Writes the C++ source that holds files as they are: cmake -DROOT=DIR -DFILES=a;b -DOUTPUT=FILE -P embed.cmake
# FILES are relative to ROOT and keep that name. One char a byte, so that neither size nor content matters.
set(arrays "")
set(table "")
set(index 0)
list(SORT FILES)
foreach(name IN LISTS FILES)
  file(READ "${ROOT}/${name}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(REGEX REPLACE "(('[^']*',){24})" "\\1\n    " bytes "${bytes}")
  string(APPEND arrays "constexpr char file_${index}[] = {\n    ${bytes}'\\0'};\n")
  string(APPEND table "    EmbeddedFile{\"${name}\", {file_${index}, sizeof file_${index} - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}.new" "// Written by embed.cmake. See embedded.h.
#include \"web/embedded.h\"

namespace optout::web {

namespace {

${arrays}
constexpr EmbeddedFile files[] = {
${table}};

}  // namespace

std::span<const EmbeddedFile> embedded_files() {
    return files;
}

}  // namespace optout::web
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
