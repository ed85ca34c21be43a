# embed.cmake -- run at build time: the text of each template as a C string.
#
#     cmake -DFOLDER=templates -DOUTPUT=newcomers.c -P embed.cmake
include("${CMAKE_CURRENT_LIST_DIR}/../cmake/bytes.cmake")

set(text "#include \"newcomers.h\"\n\n")

# Appends the bytes of `file` as the array `name`, which ends with a zero.
function(embed name file)
  file(READ "${FOLDER}/${file}" hex HEX)
  bytes_of("${hex}" bytes)
  string(APPEND text "const char newcomer_${name}[] = {\n${bytes}};\n")
  set(text "${text}" PARENT_SCOPE)
endfunction()

foreach(kind task encoder)
  embed(${kind} ${kind}_newcomer.c)
  embed(${kind}_test test_${kind}_newcomer.c)
endforeach()
embed(makefile outside/Makefile)
embed(cmake outside/CMakeLists.txt)
file(WRITE "${OUTPUT}" "${text}")
