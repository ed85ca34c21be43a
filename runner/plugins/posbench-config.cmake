# posbench-config.cmake -- the CMake package of an installed posbench, for plug-ins:
#
#     find_package(posbench REQUIRED)
#     posbench_add_plugin(ladder task_ladder.c)      # ladder.so, for --plugin
#
# posbench::headers has the folder of the headers; nothing is linked, since the program that
# loads a plug-in lends it what the headers declare.
get_filename_component(posbench_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET posbench::headers)
  add_library(posbench::headers INTERFACE IMPORTED)
  file(GLOB posbench_headers "${posbench_prefix}/*/posbench/plugin.h")
  if(NOT posbench_headers)
    set(posbench_FOUND FALSE)
    set(posbench_NOT_FOUND_MESSAGE "${posbench_prefix} holds no posbench/plugin.h")
    return()
  endif()
  get_filename_component(posbench_include "${posbench_headers}" DIRECTORY)
  target_include_directories(posbench::headers INTERFACE "${posbench_include}")
  target_compile_features(posbench::headers INTERFACE c_std_17)
endif()

function(posbench_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE posbench::headers)
  set_target_properties(${name} PROPERTIES PREFIX "")
endfunction()
