# plugins.cmake -- one file, one plug-in.
#
# add_plugins(<target> <dir> <kind>) adds every <dir>/<kind>_*.c to <target> and
# writes <kind>_list.inc, one line KIND(<name>) a file, in name order.
# CONFIGURE_DEPENDS makes `make` and `ninja` look again at each build, so a new
# file needs no edit here. A file without its descriptor fails to link by name.

function(add_plugins target dir kind)
  file(GLOB sources CONFIGURE_DEPENDS "${dir}/${kind}_*.c")
  string(TOUPPER "${kind}" macro)
  set(lines "")
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    string(REGEX REPLACE "^${kind}_" "" name "${stem}")
    if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
      message(FATAL_ERROR "${source}: name a plug-in ${kind}_<lower_case>.c")
    endif()
    string(APPEND lines "${macro}(${name})\n")
  endforeach()
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/${kind}_list.inc"
       CONTENT "${lines}" @ONLY)
  target_sources(${target} PRIVATE ${sources})
  target_include_directories(${target} PUBLIC "${PROJECT_BINARY_DIR}/generated")
endfunction()
