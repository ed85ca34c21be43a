# warnings.cmake -- the warnings for every target of this project.
#
# -Wno-sign-conversion: sizes are size_t, shapes are int; -Wconversion still catches conversions
# that lose bits. -Wdouble-promotion keeps float kernels in float.

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wdouble-promotion -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wvla -Wundef -Wwrite-strings -Wcast-align -Wformat=2)
if(POSBENCH_WERROR)
  add_compile_options(-Werror)
endif()
add_compile_definitions(_POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
# -g1 has the names and lines for reports and takes four fifths of the time to compile.
if(POSBENCH_SANITIZE)
  add_compile_options(-fsanitize=${POSBENCH_SANITIZE} -fno-omit-frame-pointer -g1
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${POSBENCH_SANITIZE})
endif()
