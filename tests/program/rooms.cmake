# rooms.cmake -- checks which room sees which headers, and what a folder may hold.
#
# For every room and every header of the tree, with the folders that the room's sources are
# compiled with (SEEN): the compiler finds a header of the room itself or of a room below it,
# and no other. The arrows are those of cmake/rooms.cmake. It also checks that there is no
# circle of includes, no name twice, no file of more than 800 lines, and no folder of more than
# 30 files of code except those of plug-ins, with one plug-in in each file.
cmake_minimum_required(VERSION 3.25)
include("${SOURCE}/cmake/rooms.cmake")
include("${SEEN}")
set(faults "")
set(plug_ins models/encoders tasks)

# Lists all rooms that `room` may include, itself too: `room` comes after those below it.
foreach(room IN LISTS ROOMS)
  set(may_${room} ${room})
  foreach(below IN LISTS below_${room})
    if(NOT below IN_LIST ROOMS OR NOT DEFINED may_${below})
      list(APPEND faults "${room}: ${below}, which it may include, does not stand before it")
    endif()
    list(APPEND may_${room} ${may_${below}})
  endforeach()
  list(REMOVE_DUPLICATES may_${room})
  file(GLOB headers_${room} RELATIVE "${SOURCE}/${folder_${room}}"
       "${SOURCE}/${folder_${room}}/*.h")
endforeach()

# One run of the preprocessor for each room tests all headers of the tree.
file(MAKE_DIRECTORY "${SCRATCH}")
foreach(room IN LISTS ROOMS)
  set(text "")
  foreach(other IN LISTS ROOMS)
    foreach(header IN LISTS headers_${other})
      if(other IN_LIST may_${room})
        string(APPEND text "#if !__has_include(\"${header}\")\n"
          "#error ${room} does not see ${header} of ${other}, as it should\n#endif\n")
      else()
        string(APPEND text "#if __has_include(\"${header}\")\n"
          "#error ${room} sees ${header} of ${other}, against the arrows\n#endif\n")
      endif()
    endforeach()
  endforeach()
  set(flags ${seen_${room}})
  list(FILTER flags EXCLUDE REGEX "^$")
  list(TRANSFORM flags PREPEND "-I")
  file(WRITE "${SCRATCH}/${room}.c" "${text}")
  execute_process(COMMAND "${COMPILER}" ${flags} -fsyntax-only "${SCRATCH}/${room}.c"
                  RESULT_VARIABLE failed ERROR_VARIABLE words)
  if(failed)
    string(REGEX MATCHALL "#error [^\n]*" words "${words}")
    list(APPEND faults ${words})
  endif()
endforeach()

# The purpose of all this: a task that includes a model does not compile, and the message says
# why.
set(flags ${seen_tasks})
list(TRANSFORM flags PREPEND "-I")
file(WRITE "${SCRATCH}/wrong.c" "#include \"task.h\"\n#include \"model.h\"\n")
execute_process(COMMAND "${COMPILER}" ${flags} -fsyntax-only "${SCRATCH}/wrong.c"
                RESULT_VARIABLE failed ERROR_VARIABLE words)
if(NOT failed OR NOT words MATCHES "model.h: No such file")
  list(APPEND faults "a task that includes model.h: ${words}")
endif()

# Every folder with code is a room, except runner/, which has main.c.
file(GLOB_RECURSE files RELATIVE "${SOURCE}" "${SOURCE}/core/*.[ch]" "${SOURCE}/tasks/*.[ch]"
     "${SOURCE}/models/*.[ch]" "${SOURCE}/results/*.[ch]" "${SOURCE}/runner/*.[ch]"
     "${SOURCE}/templates/*.[ch]")
set(folders "")
set(names "")
foreach(file IN LISTS files)
  get_filename_component(folder "${file}" DIRECTORY)
  get_filename_component(name "${file}" NAME)
  if(name IN_LIST names)
    list(APPEND faults "${file}: a file of that name stands elsewhere, too")
  endif()
  list(APPEND names "${name}")
  list(APPEND folders "${folder}")
  list(APPEND in_${folder} "${file}")
  set(path_${name} "${file}")
  file(STRINGS "${SOURCE}/${file}" lines REGEX "^#include \"" ENCODING UTF-8)
  string(REGEX MATCHALL "\"[^\"]+\"" lines "${lines}")
  string(REPLACE "\"" "" includes_${name} "${lines}")
  file(READ "${SOURCE}/${file}" text)
  string(REGEX REPLACE "[^\n]" "" text "${text}")
  string(LENGTH "${text}" length)
  if(length GREATER 800)
    list(APPEND faults "${file}: ${length} lines; the most is 800")
  endif()
endforeach()
list(REMOVE_DUPLICATES folders)
foreach(folder IN LISTS folders)
  list(LENGTH in_${folder} n)
  if(n GREATER 30 AND NOT folder IN_LIST plug_ins)
    list(APPEND faults "${folder}: ${n} files of code; the most is 30")
  endif()
  set(is_room FALSE)
  foreach(room IN LISTS ROOMS)
    if(folder STREQUAL folder_${room})
      set(is_room TRUE)
    endif()
  endforeach()
  if(NOT is_room AND NOT folder STREQUAL "runner") # main.c
    list(APPEND faults "${folder}: no room of cmake/rooms.cmake")
  endif()
endforeach()

# Removes, again and again, the files that include none of those left; a circle remains.
set(left ${names})
set(before "")
while(NOT "${left}" STREQUAL "${before}")
  set(before "${left}")
  foreach(name IN LISTS before)
    set(held FALSE)
    foreach(other IN LISTS includes_${name})
      if(other IN_LIST left)
        set(held TRUE)
        break()
      endif()
    endforeach()
    if(NOT held)
      list(REMOVE_ITEM left "${name}")
    endif()
  endforeach()
endwhile()
if(left)
  list(APPEND faults "a circle of includes among, or below: ${left}")
endif()

if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "The house:\n  ${faults}")
endif()
