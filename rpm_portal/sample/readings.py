"""Plausible values of readings, by metric."""

import random


def a_value(metric: str, chance: random.Random, lift: int) -> dict[str, object]:
    """One reading of a metric in the format of the portal's API; `lift` is added to the blood pressure."""
    if metric == "blood_pressure":
        systolic = 130 + chance.randrange(-11, 14) + lift
        return {
            "systolic": systolic,
            "diastolic": 78 + chance.randrange(-8, 9) + lift // 3,
            "pulse": 68 + chance.randrange(-8, 12),
        }
    if metric == "weight":
        return {"weight_kg": round(91 + chance.random() * 3, 1)}
    if metric == "glucose":
        return {"glucose_mg_dl": 142 + chance.randrange(-45, 70)}
    if metric == "spo2":
        return {"spo2_percent": 94 + chance.randrange(-3, 4)}
    return {"score": 60 + chance.randrange(-15, 20)}
