"""RapidOCR on OpenVINO as it comes, on pages rendered by PDFium: the models that our reader is made of, and no more.

    python -m bench.plain_rapidocr FILE...    prints {"file", "text"} for each

How fast the same models run differs more between processors with and without AVX-512 than by anything that we do with
them: a figure of ours says little without this one beside it.
"""

import json
import sys
from importlib import import_module

import numpy as np
import pypdfium2 as pdfium

DPI = 200


def main() -> None:
    """Read each file."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # None shuts it out
    rapidocr = import_module("rapidocr")
    engines = {f"{part}.engine_type": rapidocr.EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
    quiet = {"EngineConfig.openvino.inference_num_threads": 1, "Global.log_level": "critical"}
    engine = rapidocr.RapidOCR(params={**engines, **quiet})
    for file in sys.argv[1:]:
        pages = (page.render(scale=DPI / 72).to_numpy() for page in pdfium.PdfDocument(file))
        texts = [engine(np.ascontiguousarray(page)).txts or () for page in pages]
        print(json.dumps({"file": file, "text": "\n".join("\n".join(found) for found in texts)}))


if __name__ == "__main__":
    main()
