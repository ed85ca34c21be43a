# embed.cmake -- run at build time: the text of each template as a C string.
#
#     cmake -DFOLDER=templates -DOUTPUT=newcomers.c -P embed.cmake
include("${CMAKE_CURRENT_LIST_DIR}/../cmake/bytes.cmake")

set(text "#include \"newcomers.h\"\n\n")
foreach(kind task encoder)
  foreach(test "" "_test")
    set(file "${kind}_newcomer.c")
    if(test)
      set(file "test_${kind}_newcomer.c")
    endif()
    file(READ "${FOLDER}/${file}" hex HEX)
    bytes_of("${hex}" bytes)
    string(APPEND text "const char newcomer_${kind}${test}[] = {\n${bytes}};\n")
  endforeach()
endforeach()
file(WRITE "${OUTPUT}" "${text}")
