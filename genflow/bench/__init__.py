"""The laboratory: speed, beside what people use instead"""
