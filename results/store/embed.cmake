# embed.cmake -- run at build time: writes SQL files into a C file.
#
#     cmake -DSCHEMA=schema.sql -DQUERIES=a.sql,b.sql -DOUTPUT=embedded.c -P embed.cmake
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/bytes.cmake")

file(READ "${SCHEMA}" hex HEX)
bytes_of("${hex}" bytes)
set(text "#include \"embedded.h\"\n\nconst char embedded_schema[] = {\n${bytes}};\n")

set(rows "")
string(REPLACE "," ";" QUERIES "${QUERIES}")
foreach(file IN LISTS QUERIES)
  get_filename_component(name "${file}" NAME_WE)
  file(STRINGS "${file}" line LIMIT_COUNT 1)
  if(NOT line MATCHES "^-- ")
    message(FATAL_ERROR "${file}: begin with a line \"-- what the query answers\"")
  endif()
  string(REGEX REPLACE "^-- +" "" line "${line}")
  string(HEX "${line}" hex)
  bytes_of("${hex}" description)
  file(READ "${file}" hex HEX)
  bytes_of("${hex}" bytes)
  string(APPEND text "static const char ${name}_about[] = {\n${description}};\n"
                     "static const char ${name}_sql[] = {\n${bytes}};\n")
  string(APPEND rows "    {\"${name}\", ${name}_about, ${name}_sql},\n")
endforeach()
string(APPEND text "const struct embedded_query embedded_queries[] = {\n${rows}    {0},\n};\n")
file(WRITE "${OUTPUT}" "${text}")
