#version 330 core
// One triangle that covers the picture.

void main() {
    gl_Position = vec4(4 * (gl_VertexID % 2) - 1, 4 * (gl_VertexID / 2) - 1, 0, 1);
}
