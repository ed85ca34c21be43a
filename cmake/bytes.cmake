# bytes.cmake -- files as C arrays of bytes (string literals end at 4095 characters in
# ISO C).

# bytes_of(<hex of the text> <out>): "0x41,0x42,\n...0", the end of a string with it.
function(bytes_of text_hex out)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${text_hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  set(${out} "${bytes}0" PARENT_SCOPE)
endfunction()
