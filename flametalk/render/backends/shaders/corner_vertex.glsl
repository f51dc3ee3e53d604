#version 330 core
// One corner of a triangle: where it lands, and what the pixels between the corners mix.

in ivec3 triangle;  // the vertices of all three corners
in vec4 paint;      // linear colour, height of the highlight
in vec3 answer;     // width of the highlight, ambient and lamp light let in
in vec4 places;     // uv, gaze
in vec2 areas;      // twice the triangle in texels (0: not textured) and in square iris radii
in ivec2 kinds;     // material; bit k: edge k belongs to the wire

uniform sampler2D mesh;  // two texels a vertex: place, normal
uniform mat3 rotation;   // world to camera axes
uniform vec3 translation;
uniform vec3 lens;       // focal, centre of projection
uniform vec2 size;       // of the picture
uniform vec2 limits;     // triangles that reach out of this depth are left out
uniform vec2 depths;     // nearest and farthest depth there is
uniform bool perspective;

centroid out vec4 v_paint;
centroid out vec3 v_answer;
centroid out vec4 v_places;
centroid out vec3 v_normal;  // x right, y up, z to the viewer
centroid out vec4 v_weights; // of the corners; depth
flat out int v_face;
flat out ivec2 v_kinds;
flat out vec2 v_spreads;  // texels, and iris radii, that a pixel is wide
flat out vec2 v_ends[3];  // the corners in pixels

vec3 part(int vertex, int which) {
    int texel = 2 * vertex + which, width = textureSize(mesh, 0).x;
    return texelFetch(mesh, ivec2(texel % width, texel / width), 0).xyz;
}

vec3 local(int vertex) { return rotation * part(vertex, 0) + translation; }

vec2 pixel(vec3 place) {  // on the same grid of 1/256 pixel as the reference
    float scale = perspective ? lens.x / place.z : lens.x;
    return floor((place.xy * scale + lens.yz) * 256.0 + 0.5) / 256.0;
}

void main() {
    int corner = gl_VertexID % 3;
    vec3 place[3];
    bool usable = true;
    for (int k = 0; k < 3; k++) {
        place[k] = local(triangle[k]);
        v_ends[k] = pixel(place[k]);
        usable = usable && place[k].z >= limits.x && place[k].z <= limits.y;
    }
    vec2 u = v_ends[1] - v_ends[0], v = v_ends[2] - v_ends[0];
    float area = max(abs(u.x * v.y - u.y * v.x), 1e-9);

    v_paint = paint;
    v_answer = answer;
    v_places = places;
    v_normal = rotation * part(triangle[corner], 1) * vec3(1, -1, -1);
    v_weights = vec4(corner == 0, corner == 1, corner == 2, place[corner].z);
    v_face = gl_VertexID / 3;
    v_kinds = kinds;
    v_spreads = sqrt(areas / area);

    float w = perspective ? place[corner].z : 1.0;
    float near = depths.x, far = depths.y;
    float z = perspective ? ((far + near) * w - 2.0 * far * near) / (far - near)
                          : (2.0 * place[corner].z - near - far) / (far - near);
    vec2 flat_place = 2.0 * v_ends[corner] / size - 1.0;
    gl_Position = usable ? vec4(flat_place.x * w, -flat_place.y * w, z, w) : vec4(2, 2, 2, 1);
}
