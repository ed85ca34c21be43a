# embed.cmake -- run at build time: the style and the script of the page as C arrays.
#
#     cmake -DSTYLE=report.css -DSCRIPT=report.js -DOUTPUT=page.c -P embed.cmake
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/bytes.cmake")

file(READ "${STYLE}" hex HEX)
bytes_of("${hex}" style)
file(READ "${SCRIPT}" hex HEX)
bytes_of("${hex}" script)
file(WRITE "${OUTPUT}"
  "#include \"report_parts.h\"\n\nconst char report_style[] = {\n${style}};\n"
  "const char report_script[] = {\n${script}};\n")
