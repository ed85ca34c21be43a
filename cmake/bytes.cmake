# bytes.cmake -- turns files into C arrays of bytes (ISO C limits string literals to 4095
# characters).

# bytes_of(<hex of the text> <out>): writes "0x41,0x42,\n...0", with the 0 that ends a string.
function(bytes_of text_hex out)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${text_hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  set(${out} "${bytes}0" PARENT_SCOPE)
endfunction()
