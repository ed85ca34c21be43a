# rooms.cmake -- the rooms of the house and the arrows between them.
#
# A room is a folder and an object library room_<name> that sees its own headers and those of
# the rooms below it, so that an include against the arrows does not compile. ARROWS is the only
# list, with lines "room: rooms that it may include"; it may also include what those may
# include. tests/program/rooms.cmake checks every room against every header.

set(ARROWS
  "core:"
  "text: core"
  "tasks: text"
  "kernels: core"
  "encoders: kernels"
  "models: encoders"
  "store: core"
  "statistics: core"
  "cells: core"
  "tables: store statistics cells"
  "comparisons: tables"
  "plots: comparisons"
  "report: plots"
  "files: store models"
  "run: files tasks"
  "plugins: encoders tasks"
  "experiment: run plugins"
  "training: run"
  "cli: run plots"
  "plan: experiment training cli"
  "schedule: plan"
  "check: run tables"
  "templates: encoders tasks"
  "samples: tasks"
  "selection: experiment cli"
  "questions: training report"
  "trained: training cli"
  "commands: schedule check templates report samples selection questions trained")

set(folder_core core)
set(folder_text tasks/text)
set(folder_tasks tasks)
set(folder_kernels models/kernels)
set(folder_encoders models/encoders)
set(folder_models models)
set(folder_templates templates)
foreach(room store statistics cells tables comparisons plots report)
  set(folder_${room} results/${room})
endforeach()
foreach(room plugins files run experiment training cli plan schedule check samples selection
             questions trained commands)
  set(folder_${room} runner/${room})
endforeach()

foreach(arrow IN LISTS ARROWS)
  string(REGEX MATCH "^([a-z]+): *(.*)$" matched "${arrow}")
  list(APPEND ROOMS ${CMAKE_MATCH_1})
  string(REPLACE " " ";" below_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()

# add_room(<room> <kind> <source>...): adds the library of a room. A kind other than "" is
# appended to the names of this room and of those rooms below that are built in that kind, too,
# as in room_kernels_double.
function(add_room room kind)
  set(name room_${room}${kind})
  add_library(${name} OBJECT ${ARGN})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/${folder_${room}}")
  foreach(below IN LISTS below_${room})
    if(TARGET room_${below}${kind})
      target_link_libraries(${name} PUBLIC room_${below}${kind})
    else()
      target_link_libraries(${name} PUBLIC room_${below})
    endif()
  endforeach()
endfunction()
