# embed.cmake -- run at build time: writes the templates of completion/ into a C file.
#
#     cmake -DTEMPLATES=bash,fish,zsh -DFOLDER=completion -DOUTPUT=templates.c -P embed.cmake
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/bytes.cmake")

set(text "#include \"completion_template.h\"\n\n")
set(rows "")
string(REPLACE "," ";" TEMPLATES "${TEMPLATES}")
foreach(shell IN LISTS TEMPLATES)
  file(READ "${FOLDER}/${shell}" hex HEX)
  bytes_of("${hex}" bytes)
  string(APPEND text "static const char ${shell}_text[] = {\n${bytes}};\n")
  string(APPEND rows "    {\"${shell}\", ${shell}_text},\n")
endforeach()
string(APPEND text "const struct completion_template completion_templates[] = {\n"
                   "${rows}    {0},\n};\n")
file(WRITE "${OUTPUT}" "${text}")
