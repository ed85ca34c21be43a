# embed_corpus.cmake -- run at build time: prepare_corpus.pl as a C string.
#
#     cmake -DFILE=prepare_corpus.pl -DOUTPUT=prepare_corpus.c -P embed_corpus.cmake
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/bytes.cmake")

file(READ "${FILE}" hex HEX)
bytes_of("${hex}" bytes)
file(WRITE "${OUTPUT}"
     "#include \"prepare_corpus.h\"\n\nconst char prepare_corpus[] = {\n${bytes}};\n")
