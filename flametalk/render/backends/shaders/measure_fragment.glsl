#version 330 core
// The passes that are numbers, at the pixel's centre.

centroid in vec4 v_places;
centroid in vec3 v_normal;
centroid in vec4 v_weights;
flat in int v_face;
flat in ivec2 v_kinds;

layout(location = 0) out vec4 shape;   // normal, depth
layout(location = 1) out vec4 within;  // uv, first two weights
layout(location = 2) out vec2 which;   // triangle + 1, material

void main() {
    shape = vec4(normalize(v_normal) * (gl_FrontFacing ? 1.0 : -1.0), v_weights.w);
    within = vec4(v_places.xy, v_weights.xy);
    which = vec2(float(v_face + 1), float(v_kinds.x));
}
