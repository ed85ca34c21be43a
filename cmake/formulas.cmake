# formulas.cmake -- runs at build time: writes the formula of each encoder, from the comment at
# the top of its file, to a C table for `posbench show`.
#
#     cmake -DROOT=. -DOUTPUT=formulas.c -P formulas.cmake
#
# The formula is the comment's first block of lines that are indented by five columns.
file(GLOB sources "${ROOT}/models/encoders/encoder_*.c" "${ROOT}/templates/encoder_*.c")
set(text "#include \"formulas.h\"\n\nconst struct formula formulas[] = {\n")
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  string(REGEX REPLACE "^encoder_" "" name "${name}")
  file(READ "${source}" head LIMIT 8000)
  string(FIND "${head}" "*/" end)
  string(SUBSTRING "${head}" 0 ${end} head)
  if(NOT "${head}" MATCHES "(\n \\*     [^\n]*)+")
    continue()
  endif()
  string(REPLACE "\n *     " "\n" formula "${CMAKE_MATCH_0}")
  string(REGEX REPLACE "^\n" "" formula "${formula}")
  string(REPLACE "\\" "\\\\" formula "${formula}")
  string(REPLACE "\"" "\\\"" formula "${formula}")
  string(REPLACE "\n" "\\n" formula "${formula}")
  string(APPEND text "    {\"${name}\", \"${formula}\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}    {0},\n};\n")
