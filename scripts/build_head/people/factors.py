"""What varies together: causes shared by many attributes, as correlations of the attribute with the cause.

An attribute with loadings l becomes  sum(l * cause) + sqrt(1 - sum(l^2)) * (its own share),  so its variance stays 1.
"""

FACTORS = {
    "sex": {  # masculine
        "size": 0.5, "brow ridge": 0.6, "glabella": 0.4, "forehead slope": 0.4, "forehead fullness": -0.25, "jaw width": 0.5,
        "jaw corner drop": 0.4, "jaw body width": 0.4, "jaw edge": 0.35, "chin width": 0.5, "chin height": 0.5, "chin protrusion": 0.3,
        "neck width": 0.6, "neck depth": 0.45, "larynx": 0.65, "shoulder slope": 0.4, "neck muscle": 0.3, "nose length": 0.35,
        "nose protrusion": 0.35, "nose width": 0.3, "nose hump": 0.25, "nose bridge width": 0.25, "upper lip height": -0.3,
        "lower lip height": -0.2, "lip roll": -0.2, "lower face length": 0.4, "brow height": -0.45, "brow arch": -0.4,
        "eye size": -0.25, "upper lid height": -0.2, "lid hood": 0.2, "cheek fullness": -0.15, "cheekbone front": -0.2,
        "mouth width": 0.25, "ear length": 0.3, "face width": 0.25, "eye depth": 0.3, "chin cleft": 0.15, "nose root depth": 0.25,
    },
    "age": {
        "nasolabial fold": 0.65, "marionette fold": 0.65, "jowl": 0.6, "cheek sag": 0.6, "cheek line": 0.4, "eye bags": 0.55,
        "tear trough": 0.5, "lid hood": 0.35, "lid hood outside": 0.6, "upper lid hollow": 0.25, "brow height": -0.3,
        "upper lip height": -0.5, "lower lip height": -0.4, "lip roll": -0.45, "philtrum": -0.35, "nose length": 0.35,
        "nose tip turn": -0.4, "nose tip bulb": 0.2, "ear length": 0.5, "ear lobe": 0.45, "temples": -0.45, "cheek fullness": -0.2,
        "cheek hollow": 0.3, "under chin": 0.35, "throat angle": -0.4, "neck hollow": 0.3, "eye size": -0.2, "eye width": -0.2,
        "mouth corner height": -0.4, "eye tilt": -0.25, "mouth width": 0.2, "nose wing size": 0.2, "columella": 0.2, "chin fold": 0.2,
        "upper lip skin": -0.2, "neck muscle": 0.2,
    },
    "weight": {
        "cheek fullness": 0.7, "under chin": 0.7, "throat angle": -0.35, "neck width": 0.5, "neck depth": 0.45, "jowl": 0.4,
        "jaw width": 0.35, "jaw body width": 0.5, "jaw edge": -0.4, "cheek hollow": -0.55, "face width": 0.4, "temples": 0.35,
        "cheekbone width": -0.2, "eye bags": 0.2, "lid crease height": -0.15, "neck nape": 0.6, "nose width": 0.2, "chin pad": 0.2,
        "neck muscle": -0.4, "neck hollow": -0.4, "ear lobe": 0.2, "nose tip bulb": 0.2, "shoulder slope": 0.3, "larynx": -0.3,
        "cheek line": -0.35, "tear trough": -0.2,
    },
    "youth": {  # small face under a large braincase
        "lower face length": -0.45, "middle face length": -0.5, "nose length": -0.4, "nose protrusion": -0.35, "nose bridge height": -0.3,
        "nose tip turn": 0.35, "chin protrusion": -0.3, "chin height": -0.3, "eye size": 0.45, "forehead fullness": 0.4,
        "forehead slope": -0.3, "head height": 0.25, "jaw width": -0.3, "jaw corner drop": -0.35, "face depth": -0.35, "brow ridge": -0.35,
        "mouth width": -0.25, "nose hump": -0.25, "neck width": -0.25, "cheek fullness": 0.25, "ear height": -0.1, "eye height": -0.3,
        "upper lid height": 0.2, "face width": -0.1,
    },
    "long": {  # long and narrow against short and broad
        "lower face length": 0.4, "middle face length": 0.45, "face width": -0.5, "head breadth": -0.45, "head length": 0.4,
        "jaw width": -0.3, "nose length": 0.3, "nose width": -0.3, "head height": 0.3, "eye spacing": -0.3, "cheekbone width": -0.3,
        "forehead width": -0.3, "chin point": 0.3, "parietal width": -0.3, "nose protrusion": 0.2, "ear length": 0.15,
    },
    "profile": {  # prominent nose and chin against full lips and prominent mouth
        "nose width": -0.6, "nose bridge height": 0.4, "nose bridge width": -0.35, "nose wing size": -0.4, "nostril flare": -0.45,
        "nose tip width": -0.45, "nose protrusion": 0.3, "mouth protrusion": -0.55, "upper lip height": -0.45, "lower lip height": -0.45,
        "upper lip forward": -0.4, "lower lip forward": -0.4, "chin protrusion": 0.3, "lip roll": -0.35, "mouth width": -0.3,
        "nose root depth": 0.15, "lip side fullness": -0.4, "nose wall": -0.25, "nose base": -0.25, "occiput": -0.2, "ear length": 0.15,
    },
    "relief": {  # deep-set eyes under a high bridge against a flat middle face with full lids
        "eye depth": 0.45, "nose bridge height": 0.5, "face flatness": -0.5, "cheekbone width": -0.4, "inner eye fold": -0.6,
        "lid hood": -0.45, "lid crease height": 0.35, "eye tilt": -0.35, "upper lid hollow": 0.45, "brow ridge": 0.3, "head length": 0.3,
        "head breadth": -0.3, "face width": -0.3, "nose hump": 0.35, "nose protrusion": 0.35, "eye spacing": -0.25, "glabella": 0.3,
        "eye prominence": -0.2, "occiput": 0.3, "upper lid height": 0.2, "nose tip bulb": -0.15, "nose root height": 0.3,
    },
}
